// Search, filters, copying and the keyboard, as a person uses them.

import { knownAutomations } from "./assessment.mjs";
import { SETTLED, openEverything, withReport } from "./browser.mjs";
import { squash } from "./text.mjs";

export async function controls(browser, job, verdict) {
  const permissions = ["clipboard-read", "clipboard-write"];
  await withReport(browser, job.report, { permissions }, async ({ page }) => {
    await verdict.check("keyboard", () => keyboardProblems(page));
    await verdict.check("controls-appear", () => controlsAppear(page));
    // What is folded is not drawn either way, so it would not show whether hiding works.
    // Of thousands that takes minutes.
    if (!job.large) await openEverything(page);
    const usable = await page.locator("#search").isVisible();
    const unless = (run) => () => (usable ? run() : ["there is nothing to use: #search is not visible"]);
    for (const name of Object.keys(FILTERS)) {
      await verdict.check(`filter-${name}`, unless(() => filterProblems(page, name)));
    }
    await verdict.check("search", unless(() => searchProblems(page, knownAutomations(job), verdict)));
    await verdict.check("links-to-hidden", unless(() => linkProblems(page)));
    await verdict.check("copy", () => alone(() => copyProblems(page)));
  });
}

async function controlsAppear(page) {
  const problems = [];
  if (!(await page.locator("#controls").isVisible())) problems.push("#controls is not visible with scripts on");
  if (!(await page.locator("#search").isVisible())) problems.push("#search is not visible");
  return [...problems, ...countProblems(await state(page), "at first")];
}

/** What can be seen: automations and findings that nothing hides, and what the live count says. */
function state(page) {
  return page.evaluate(() => {
    const list = (selector) => [...document.querySelectorAll(selector)].map((element) => ({
      open: !element.closest("[hidden]"),
      drawn: element.getClientRects().length > 0,
      id: element.id,
      severity: element.parentElement.dataset.severity,
      status: element.parentElement.dataset.status,
      verdicts: (element.dataset.verdicts ?? "").split(/\s+/).filter(Boolean),
    }));
    return { automations: list("details.automation"), findings: list(".found > li"), count: document.querySelector("#shown")?.textContent ?? "" };
  });
}

const open = (list) => list.filter((item) => item.open);

/** The number before a word, and the one after `of`: `12 of 65 automations`. */
function said(count, word) {
  const match = count.replaceAll(/(?<=\d)[,\u202f\u00a0](?=\d)/g, "").match(new RegExp(`(\\d+)(?:\\s+of\\s+(\\d+))?\\s+${word}`, "i"));
  return match ? [Number(match[1]), match[2] === undefined ? undefined : Number(match[2])] : [undefined, undefined];
}

/** Whether the live count says what can be seen, and whether what is hidden is really gone from the page. */
function countProblems({ automations, findings, count }, when) {
  const problems = [];
  for (const [word, list] of [["automation", automations], ["finding", findings]]) {
    const [number, whole] = said(count, word);
    if (number !== open(list).length) problems.push(`${when}: "${count}" while ${open(list).length} ${word}s are not hidden`);
    if (whole !== undefined && whole !== list.length) problems.push(`${when}: "${count}" while there are ${list.length} ${word}s`);
    const drawn = list.filter((item) => !item.open && item.drawn).length;
    if (drawn > 0) problems.push(`${when}: ${drawn} hidden ${word}s are drawn all the same`);
  }
  return problems;
}

/** Each filter, and how an element answers to it. */
const FILTERS = {
  severity: { list: "findings", of: (item) => [item.severity] },
  status: { list: "findings", of: (item) => [item.status] },
  verdict: { list: "automations", of: (item) => item.verdicts },
};

/** Leaves one value of a filter on at a time and compares what is left with what should be. */
async function filterProblems(page, name) {
  const { list, of } = FILTERS[name];
  const before = await state(page);
  const boxes = page.locator(`input[name="${name}"]`);
  const values = await boxes.evaluateAll((inputs) => inputs.map((input) => input.value));
  const usual = await boxes.evaluateAll((inputs) => inputs.map((input) => input.checked));
  const there = new Set(before[list].flatMap(of));
  const missing = [...there].filter((value) => !values.includes(value));
  const problems = missing.map((value) => `no choice for ${name} ${value}, which occurs`);
  if (values.length === 0) return [`no input named ${name}`];
  for (const value of values) {
    await set(boxes, values.map((other) => other === value));
    const now = await state(page);
    const expected = before[list].filter((item) => of(item).includes(value)).map((item) => item.id);
    const left = open(now[list]).map((item) => item.id);
    if (expected.join() !== left.join()) problems.push(`${name} ${value}: ${left.length} of ${list} left, expected ${expected.length}`);
    problems.push(...countProblems(now, `${name} ${value}`));
  }
  await set(boxes, usual);
  const after = await state(page);
  if (JSON.stringify(after) !== JSON.stringify(before)) problems.push(`${name}: the page is not as before when the choice is taken back`);
  return problems;
}

/** Clicks the boxes that are not as wanted. */
async function set(boxes, wanted) {
  const now = await boxes.evaluateAll((inputs) => inputs.map((input) => input.checked));
  for (const [at, checked] of wanted.entries()) {
    if (now[at] !== checked) await boxes.nth(at).setChecked(checked);
  }
}

const NOTHING = "zz-nothing-has-this-text-zz";

async function searchProblems(page, known, verdict) {
  const before = await state(page);
  const problems = [];
  const { name, ids } = known;
  const search = page.locator("#search");
  const type = async (text) => {
    await search.fill(text);
    // The script may wait until typing stops.
    await page.waitForTimeout(SETTLED);
    return state(page);
  };
  const started = performance.now();
  const found = await type(name);
  verdict.measure("search_milliseconds", Math.round(performance.now() - started));
  problems.push(...countProblems(found, "after a search"));
  const left = open(found.automations).map((item) => item.id).sort();
  if (left.join() !== ids.map((id) => `app-${id}`).sort().join()) problems.push(`searching ${JSON.stringify(name)} leaves ${left.length} automations [${left}], not the ${ids.length} of that name`);
  problems.push(...(await strayFindings(page, known)));
  const shouted = await type(name.toUpperCase());
  if (open(shouted.automations).length !== left.length) problems.push("upper and lower case find different things");
  const none = await type(NOTHING);
  if (open(none.automations).length + open(none.findings).length > 0) problems.push(`${NOTHING} leaves something visible`);
  problems.push(...countProblems(none, "when nothing matches"));
  const text = await page.evaluate(() => document.body.innerText);
  for (const word of ["automation", "finding"]) {
    if (!new RegExp(`no ${word} matches`, "i").test(text)) problems.push(`the page does not say that no ${word} matches`);
  }
  const cleared = await type("");
  if (JSON.stringify(cleared) !== JSON.stringify(before)) problems.push("the page is not as before when the search is cleared");
  return problems;
}

/** A link to an automation that the search leaves out takes the search off and leads to it, each time that it is pressed. */
async function linkProblems(page) {
  const problems = [];
  const search = page.locator("#search");
  for (const time of ["first", "second"]) {
    await search.fill(NOTHING);
    await page.waitForTimeout(SETTLED);
    await page.evaluate(() => {
      const link = document.createElement("a");
      link.href = `#${document.querySelector("details.automation h3").id}`;
      document.querySelector("main").append(link);
      link.click();
      link.remove();
    });
    await page.waitForTimeout(SETTLED);
    const left = await search.inputValue();
    const shown = await page.locator("details.automation").first().isVisible();
    if (!shown || left !== "") problems.push(`pressed a ${time} time: the automation is ${shown ? "" : "not "}to be seen, searched is still ${JSON.stringify(left)}`);
  }
  await search.fill("");
  await page.waitForTimeout(SETTLED);
  return problems;
}

/** After the search for the known automation: its findings are there, and each that is there speaks of it. */
async function strayFindings(page, known) {
  const texts = await page.evaluate(() => {
    const left = [...document.querySelectorAll(".found > li")].filter((item) => !item.closest("[hidden]"));
    // The facts that several have in common stand before their list.
    const shared = ({ previousElementSibling: before }) => (before?.matches(".facts") ? before.textContent : "");
    return left.map((item) => `${item.textContent} ${shared(item.parentElement)}`);
  });
  const name = squash(known.name).toLowerCase();
  const stray = texts.filter((text) => !squash(text).toLowerCase().includes(name));
  const problems = stray.map((text) => `a finding that does not name it is left: ${text.slice(0, 80)}`);
  if (texts.length < known.findings) problems.push(`${texts.length} findings are left, it has ${known.findings}`);
  return problems;
}

let last = Promise.resolve();

/** One after another: all pages of a browser share one clipboard. */
function alone(run) {
  const result = last.then(run);
  last = result.catch(() => {});
  return result;
}

/** Every button copies what stands beside it: the first, and the last, are pressed. */
async function copyProblems(page) {
  const buttons = page.locator("button.copy:visible");
  const count = await buttons.count();
  if (count === 0) return ["no button.copy"];
  const problems = [];
  for (const at of new Set([0, count - 1])) {
    const button = buttons.nth(at);
    const expected = await button.evaluate((element) => {
      const near = element.parentElement.querySelector("pre, code") ?? element.parentElement.parentElement.querySelector("pre, code");
      return near?.textContent ?? null;
    });
    await page.evaluate(() => navigator.clipboard.writeText("nothing was copied"));
    await button.click();
    await page.waitForTimeout(100);
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    if (expected === null) problems.push("a copy button stands beside no block");
    else if (copied.trim() !== expected.trim()) problems.push(`copied ${JSON.stringify(copied.slice(0, 80))}, the block is ${JSON.stringify(expected.slice(0, 80))}`);
  }
  return problems;
}

/** Most presses of the tabulator until the first automation is reached: the links and controls before it. */
const MOST_TABS = 400;

async function keyboardProblems(page) {
  const problems = [];
  await page.keyboard.press("Tab");
  const first = await focused(page);
  if (!(first.tag === "a" && first.href?.startsWith("#"))) problems.push(`the first stop is ${first.tag}, not a link that skips to the content`);
  else if (!first.inView) problems.push("the skip link cannot be seen while it has the focus");
  const reached = new Set();
  for (let presses = 0; presses < MOST_TABS && !reached.has("automation"); presses += 1) {
    await page.keyboard.press("Tab");
    const stop = await focused(page);
    reached.add(stop.what);
    if (!stop.outlined) problems.push(`nothing shows the focus on ${stop.tag} ${stop.text}`);
  }
  for (const what of ["search", "severity", "status", "verdict", "automation"]) {
    if (!reached.has(what)) problems.push(`${what} is not reached within ${MOST_TABS} presses of Tab`);
  }
  if (reached.has("automation")) problems.push(...(await opensByKey(page)));
  const unreachable = await page.evaluate(() => [...document.querySelectorAll("summary, input, button, a[href]")].filter((element) => element.tabIndex !== 0).length);
  if (unreachable > 0) problems.push(`${unreachable} things to use are left out of the order of Tab, or moved in it`);
  return problems;
}

function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const summary = element.matches("details.automation > summary");
    return {
      tag: element.localName,
      href: element.getAttribute("href"),
      text: (element.textContent || element.id || element.getAttribute("value") || "").trim().slice(0, 40),
      what: summary ? "automation" : element.id === "search" ? "search" : (element.name ?? ""),
      inView: box.width > 1 && box.height > 1 && box.top >= 0 && box.left >= 0,
      outlined: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none",
    };
  });
}

/** The focus is on the summary of an automation: Enter opens and closes it, and so does the space bar. */
async function opensByKey(page) {
  const problems = [];
  const isOpen = () => page.evaluate(() => document.activeElement.parentElement.open === true);
  for (const key of ["Enter", "Space"]) {
    const before = await isOpen();
    await page.keyboard.press(key);
    if ((await isOpen()) === before) problems.push(`${key} does not open the automation`);
  }
  return problems;
}
