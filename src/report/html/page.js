'use strict';
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  const controls = byId('controls');
  const search = byId('search');
  const shown = byId('shown');
  const list = byId('list');

  // A row of the matrix goes with its automation.
  const rows = new Map(all('.matrix tbody tr').map((row) => [row.querySelector('a')?.hash.slice(1), row]));
  const automations = all('details.automation').map((element) => ({
    element,
    row: rows.get(element.querySelector('h3').id),
    verdicts: element.dataset.verdicts.split(' '),
    name: element.querySelector('h3').textContent.toLowerCase(),
    text: null,
  }));
  const findings = all('.finding').map((element) => ({ element, rule: element.closest('details.rule'), text: null }));
  const rules = all('details.rule');
  const levels = all('.level');

  const textOf = (item) => (item.text ??= ((item.rule?.querySelector('summary').textContent ?? '') + ' ' + item.element.textContent).toLowerCase());
  const chosen = (name) => new Set(all(`input[name=${name}]:checked`, controls).map((box) => box.value));

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = (item) => words.every((word) => textOf(item).includes(word));
    const [verdicts, severities, statuses] = ['verdict', 'severity', 'status'].map(chosen);
    let seenAutomations = 0;
    for (const item of automations) {
      const seen = item.verdicts.some((verdict) => verdicts.has(verdict)) && matches(item);
      item.element.hidden = !seen;
      if (item.row) item.row.hidden = !seen;
      seenAutomations += seen;
    }
    let seenFindings = 0;
    const hit = new Set();
    for (const item of findings) {
      const { severity, status } = item.element.dataset;
      const seen = severities.has(severity) && statuses.has(status) && matches(item);
      item.element.hidden = !seen;
      if (seen) hit.add(item.rule);
      seenFindings += seen;
    }
    for (const rule of rules) {
      rule.hidden = !hit.has(rule);
      if (words.length > 0 && hit.has(rule)) rule.open = true;
      for (const group of all('.found', rule)) {
        const none = !group.querySelector('.finding:not([hidden])');
        group.hidden = none;
        if (group.previousElementSibling?.matches('.unknown, .tail')) group.previousElementSibling.hidden = none;
      }
    }
    for (const level of levels) level.hidden = !level.querySelector('details.rule:not([hidden])');
    byId('no-finding').hidden = seenFindings > 0 || findings.length === 0;
    if (byId('no-automation')) byId('no-automation').hidden = seenAutomations > 0;
    shown.textContent = `${seenFindings} of ${findings.length} findings and ${seenAutomations} of ${automations.length} automations shown`;
  }

  let waiting = 0;
  search.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(filter, 80); });
  controls.addEventListener('change', (event) => { if (event.target.type === 'checkbox') filter(); });

  byId('sort').addEventListener('change', (event) => {
    const order = event.target.value === 'name' ? [...automations].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)) : automations;
    list?.append(...order.map((item) => item.element));
  });

  const unfold = (open) => { for (const one of all('details.automation:not([hidden]), details.rule:not([hidden])')) one.open = open; };
  byId('open-all').addEventListener('click', () => unfold(true));
  byId('close-all').addEventListener('click', () => unfold(false));
  byId('reset').addEventListener('click', () => {
    search.value = '';
    for (const box of all('input[type=checkbox]', controls)) box.checked = true;
    filter();
  });

  // A link into something folded opens it.
  function reveal() {
    let target = null;
    try { target = byId(decodeURIComponent(location.hash.slice(1))); } catch { return; }
    if (!target) return;
    for (let one = target.closest('details'); one; one = one.parentElement?.closest('details')) one.open = true;
    target.scrollIntoView();
  }
  addEventListener('hashchange', reveal);
  reveal();

  async function copy(button) {
    const block = button.closest('pre');
    const text = block.querySelector('code').textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(block.querySelector('code'));
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  }
  for (const block of all('pre')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'Copy';
    block.append(button);
  }
  document.addEventListener('click', (event) => { if (event.target.matches('.copy')) copy(event.target); });

  // Tables sort by a column; a second time the other way.
  for (const table of all('table.sortable')) {
    const heads = all('thead th', table);
    heads.forEach((head, at) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const up = head.getAttribute('aria-sort') !== 'ascending';
        for (const other of heads) other.removeAttribute('aria-sort');
        head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
        const cell = (row) => row.children[at].textContent;
        const sorted = [...table.tBodies[0].rows].sort((a, b) => cell(a).localeCompare(cell(b), 'en', { numeric: true }) * (up ? 1 : -1));
        table.tBodies[0].append(...sorted);
      });
    });
  }

  // In a large report, what many verdicts have in common stands once. Where a verdict is looked at, it comes back.
  const spell = (root) => {
    for (const link of all('.verdict a[href^="#g"]', root)) {
      link.closest('.verdict').append(...byId(link.hash.slice(1)).cloneNode(true).children);
      link.replaceWith(link.textContent);
    }
  };
  if (byId('cases')) for (const one of automations) one.element.addEventListener('toggle', () => spell(one.element), { once: true });

  // Paper cannot be unfolded.
  let folded = [];
  addEventListener('beforeprint', () => {
    folded = all('details.act:not([open]), details.known:not([open]), details.more:not([open])');
    for (const one of folded) { one.open = true; spell(one); }
  });
  addEventListener('afterprint', () => { for (const one of folded) one.open = false; folded = []; });

  controls.hidden = false;
})();
