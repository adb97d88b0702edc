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
  // What findings of a list have in common stands before it: the sentence, and the facts.
  const findings = all('.found').flatMap((list) => {
    const shared = { element: list, rule: list.closest('details.rule'), ...list.dataset, text: null };
    return [...list.children].map((element) => ({ element, shared, text: null }));
  });
  const rules = all('details.rule');
  const levels = all('.level');

  const before = (list) => (list.previousElementSibling?.matches('.facts, .unknown') ? list.previousElementSibling : null);
  const lead = (list) => [list.closest('.told').querySelector('.tail'), before(list)].map((one) => one?.textContent ?? '').join(' ');
  const sharedText = (shared) => (shared.text ??= (shared.rule.querySelector('summary').textContent + ' ' + lead(shared.element)).toLowerCase());
  const textOf = (item) => (item.text ??= item.element.textContent.toLowerCase());
  const chosen = (name) => new Set(all(`input[name=${name}]:checked`, controls).map((box) => box.value));

  // On paper nothing is left out.
  function filter(onPaper = false) {
    const words = onPaper ? [] : search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = (item) => words.every((word) => textOf(item).includes(word) || (item.shared && sharedText(item.shared).includes(word)));
    const [verdicts, severities, statuses] = ['verdict', 'severity', 'status'].map((name) => (onPaper ? { has: () => true } : chosen(name)));
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
      const { shared } = item;
      const seen = severities.has(shared.severity) && statuses.has(shared.status) && matches(item);
      item.element.hidden = !seen;
      if (seen) hit.add(shared.rule).add(shared.element);
      seenFindings += seen;
    }
    for (const rule of rules) {
      rule.hidden = !hit.has(rule);
      if (words.length > 0 && hit.has(rule)) rule.open = true;
      for (const list of all('.found', rule)) {
        list.hidden = !hit.has(list);
        if (before(list)) before(list).hidden = list.hidden;
      }
      for (const told of all('.told', rule)) told.hidden = !told.querySelector('.found:not([hidden])');
    }
    for (const level of levels) level.hidden = !level.querySelector('details.rule:not([hidden])');
    byId('no-finding').hidden = seenFindings > 0 || findings.length === 0;
    if (byId('no-automation')) byId('no-automation').hidden = seenAutomations > 0;
    const [found, ofAll, kept, ofThese] = [seenFindings, findings.length, seenAutomations, automations.length].map((number) => number.toLocaleString('en'));
    shown.textContent = `${found} of ${ofAll} findings and ${kept} of ${ofThese} automations shown`;
  }

  let waiting = 0;
  search.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(() => filter(), 80); });
  controls.addEventListener('change', (event) => { if (event.target.type === 'checkbox') filter(); });

  byId('sort').addEventListener('change', (event) => {
    const order = event.target.value === 'name' ? [...automations].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)) : automations;
    list?.append(...order.map((item) => item.element));
  });

  const unfold = (open) => { for (const one of all('details.automation:not([hidden]), details.rule:not([hidden])')) one.open = open; };
  byId('open-all').addEventListener('click', () => unfold(true));
  byId('close-all').addEventListener('click', () => unfold(false));
  const reset = () => {
    search.value = '';
    for (const box of all('input[type=checkbox]', controls)) box.checked = true;
    filter();
  };
  byId('reset').addEventListener('click', reset);

  // A link into something folded opens it, and one to something that is filtered out takes the filters off.
  function reveal() {
    let target = null;
    try { target = byId(decodeURIComponent(location.hash.slice(1))); } catch { return; }
    if (!target) return;
    if (target.closest('[hidden]') && !controls.hidden) reset();
    for (let one = target.closest('details'); one; one = one.parentElement?.closest('details')) one.open = true;
    target.scrollIntoView();
  }
  addEventListener('hashchange', reveal);
  // A second press of the same link changes no address.
  document.addEventListener('click', (event) => { if (event.target.closest?.('a[href^="#"]')?.hash === location.hash) reveal(); });
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

  // Paper cannot be unfolded, and shows everything whatever is filtered on the screen.
  let folded = [];
  addEventListener('beforeprint', () => {
    filter(true);
    folded = all('details.act:not([open]), details.known:not([open]), details.more:not([open])');
    for (const one of folded) { one.open = true; spell(one); }
  });
  addEventListener('afterprint', () => { for (const one of folded) one.open = false; folded = []; filter(); });

  controls.hidden = false;
})();
