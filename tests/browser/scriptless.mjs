// With scripts off the report is whole: everything of assessment.json is there and can be read.

import { readAssessment } from "./assessment.mjs";
import { openEverything, withReport } from "./browser.mjs";
import { beginning, squash, texts } from "./text.mjs";

export async function scriptless(browser, job, verdict) {
  const assessment = readAssessment(job);
  await withReport(browser, job.report, { javaScriptEnabled: false }, async ({ page }) => {
    await verdict.check("scriptless-controls", async () => {
      const visible = await page.locator("#controls").isVisible();
      const buttons = await page.locator("button:visible").count();
      return [...(visible ? ["#controls is visible although nothing of it works"] : []), ...(buttons > 0 ? [`${buttons} buttons are visible that do nothing`] : [])];
    });
    await verdict.check("scriptless-opens", () => opensByClick(page));
    await verdict.check("scriptless-complete", () => missing(page, assessment, job));
    await verdict.check("scriptless-readable", () => unreadable(page));
  });
}

/** A folded part opens by a click, as the browser does it by itself. */
async function opensByClick(page) {
  const folded = page.locator("details.automation");
  const count = await folded.count();
  const problems = [];
  for (const at of count === 0 ? [] : new Set([0, count - 1])) {
    const details = folded.nth(at);
    const before = await details.evaluate((element) => element.open);
    await details.locator("summary").first().click({ position: { x: 5, y: 5 } });
    const after = await details.evaluate((element) => ({ open: element.open, height: element.getBoundingClientRect().height }));
    if (after.open === before) problems.push(`automation ${at + 1} of ${count} does not open by a click`);
  }
  return problems;
}

/** What assessment.json has and the page has not. */
async function missing(page, assessment, job) {
  return [
    ...(await missingSections(page)),
    ...(await missingAutomations(page, assessment)),
    ...(await missingFindings(page, assessment)),
    ...(await missingIn(page, "#exclusions", assessment.exclusions.map((item) => [item.policy, item.application ?? item.listed_id, item.listed_id]))),
    ...(await missingIn(page, "#gates", assessment.gates.flatMap((gate) => [[gate.workload], ...gate.policies.map((policy) => [gate.workload, policy.policy])]))),
    ...(await missingCredentials(page, assessment, job)),
    ...(await missingIn(page, "#coverage", assessment.coverage.map((item) => [item.dataset, item.state]))),
  ];
}

const SECTIONS = ["overview", "coverage-note", "matrix", "todo", "automations", "exclusions", "gates", "findings", "credentials", "change", "coverage", "method"];

async function missingSections(page) {
  const there = await page.evaluate((ids) => ids.filter((id) => document.querySelector(`main #${id}, main section#${id}`)), SECTIONS);
  return SECTIONS.filter((id) => !there.includes(id)).map((id) => `no section #${id}`);
}

async function missingAutomations(page, assessment) {
  const found = await page.evaluate(() => [...document.querySelectorAll("details.automation")].map((element) => [element.id, element.textContent]));
  const byId = new Map(found.map(([id, text]) => [id, squash(text)]));
  const problems = [];
  for (const verdict of assessment.verdicts) {
    const text = byId.get(`app-${verdict.app_id}`);
    const parts = [verdict.automation, verdict.workload, verdict.verdict];
    const lost = text === undefined ? ["itself"] : parts.filter((part) => !text.includes(beginning(part)));
    if (lost.length > 0) problems.push(`automation ${verdict.app_id}, ${verdict.workload}: not there: ${lost.join(", ")}`);
  }
  const expected = new Set(assessment.verdicts.map((verdict) => verdict.app_id)).size;
  if (found.length !== expected) problems.push(`${found.length} automations are shown, ${expected} have a verdict`);
  return problems;
}

async function missingFindings(page, assessment) {
  const { groups, found } = await page.evaluate(() => {
    const groups = [...document.querySelectorAll("#findings details")];
    const one = (element) => ({
      ...element.parentElement.dataset,
      name: element.querySelector("bdi, code")?.textContent ?? "",
      group: groups.indexOf(element.closest("details")),
      text: element.textContent,
    });
    return { groups: groups.map((group) => group.textContent), found: [...document.querySelectorAll(".found > li")].map(one) };
  });
  const squashed = groups.map(squash);
  const items = found.map((item) => ({ ...item, text: squash(item.text), group: squashed[item.group] ?? "" }));
  const pools = [grouped(items, (item) => kind(item, item.name)), grouped(items, (item) => kind(item, ""))];
  const problems = [];
  if (found.length !== assessment.findings.length) problems.push(`${found.length} findings are shown of ${assessment.findings.length}`);
  for (const finding of assessment.findings) {
    if (!take(pools, finding)) problems.push(`finding ${finding.finding_id} (${finding.rule_id}, ${finding.severity}, ${finding.status}, ${finding.object.name}) is not there`);
  }
  return problems;
}

const kind = ({ severity, status }, name) => `${severity} ${status} ${beginning(name)}`;

function grouped(items, key) {
  const groups = new Map();
  for (const item of items) {
    if (!groups.has(key(item))) groups.set(key(item), []);
    groups.get(key(item)).push(item);
  }
  return groups;
}

/** Takes an element that shows the finding, of its name if there is one, so that none stands for two. Whether there was one. */
function take([named, all], finding) {
  const shows = fits(finding);
  const free = (item) => !item.taken && shows(item);
  const item = named.get(kind(finding, finding.object.name))?.find(free) ?? all.get(kind(finding, ""))?.find(free);
  if (item) item.taken = true;
  return item !== undefined;
}

/** Whether an element shows a finding: its object itself, and the sentence on it. What several findings of a rule share may stand once around them. */
function fits(finding) {
  const name = squash(finding.object.name);
  const message = squash(finding.message);
  const sentence = message.startsWith(name) ? message.slice(name.length) : message.replace(/^cannotbedetermined:/, "");
  const shared = [beginning(finding.title), beginning(sentence)];
  return (item) => item.text.includes(beginning(name)) && shared.every((part) => (item.text + item.group).includes(part));
}

/** Letters of a key id that a report of thousands shows. */
const SHORT_KEY = 7;

async function missingCredentials(page, assessment, { large }) {
  const rows = assessment.credentials.map(({ key_id: id, kind }) => [large ? id.slice(0, SHORT_KEY) : id, kind]);
  return missingIn(page, "#credentials, details.automation", rows);
}

/** Each list of texts has to stand together in a row, an item of a list or a part of its own inside the places. */
async function missingIn(page, places, lists) {
  const within = places.split(",").map((place) => `:is(${place.trim()}) :is(tr, li, details, article, dl)`).join(", ");
  const rows = await texts(page, within);
  const lost = lists.filter((parts) => !rows.some((row) => parts.every((part) => row.includes(beginning(part)))));
  return lost.map((parts) => `not in ${places}: ${parts.join(", ")}`);
}

/** With every folded part open, nothing of the report is kept from the eye. */
async function unreadable(page) {
  await openEverything(page);
  return page.evaluate(() => {
    const all = [...document.querySelectorAll("details.automation, .found > li, #exclusions tr, #gates tr, #credentials tr")];
    const unseen = all.filter((element) => !element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || element.getBoundingClientRect().height < 4);
    return unseen.map((element) => `cannot be seen: ${element.localName} ${element.id} ${element.textContent.trim().slice(0, 60)}`);
  });
}
