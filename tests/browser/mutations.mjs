// A check that cannot fail is no check: each mutation breaks a good report in one way, and exactly the checks named beside it have to fail.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./suites.mjs";

const sha256 = (text) => `sha256-${createHash("sha256").update(text).digest("base64")}`;

/** Changes the text of the only element of that name, and its hash in the policy with it. */
function within(html, element, change) {
  const open = html.indexOf(`<${element}>`) + element.length + 2;
  const close = html.indexOf(`</${element}>`, open);
  if (open < element.length + 2 || close < 0) throw new Error(`no <${element}> in the report`);
  const before = html.slice(open, close);
  const after = change(before);
  return (html.slice(0, open) + after + html.slice(close)).replace(sha256(before), sha256(after));
}

const script = (addition) => (html) => within(html, "script", (text) => `${text};${addition}`);
const style = (addition) => (html) => within(html, "style", (text) => `${text}\n${addition}`);
const replaced = (pattern, text) => (html) => html.replace(pattern, text);
const inMain = (markup) => replaced(/<\/main>/, `${markup}</main>`);
const afterHead = (change) => (html) => html.slice(0, html.indexOf("<main")) + change(html.slice(html.indexOf("<main")));
const all = (...changes) => (html) => changes.reduce((text, change) => change(text), html);
const noPolicy = replaced(/<meta[^>]*Content-Security-Policy[^>]*>/i, "");

/** A script that keeps events of one kind from whatever fits a selector. */
const deaf = (kind, selector) => script(`addEventListener('${kind}', (event) => { if (event.target.matches('${selector}')) event.stopImmediatePropagation() }, true)`);

const FILTERS = ["filter-severity", "filter-status", "filter-verdict"];
const AXE = ["axe-dark-1280", "axe-dark-360", "axe-light-1280", "axe-light-360"];
const PRINT = ["print", "print-filtered", "print-scriptless"];

/** What is broken, how, and which checks see it. */
const MUTATIONS = [
  ["a warning on the console", script("console.warn('mutation')"), ["console"]],
  ["a script that throws", script("setTimeout(() => { throw new Error('mutation') })"), ["page-errors", "typed-text"]],
  ["a script that tries to fetch", script("fetch('data:,').catch(() => {})"), ["policy-violations"]],
  ["a preconnect to another host", replaced(/<title>/, '<link rel="preconnect" href="https://mutation.invalid"><title>'), ["foreign-elements"]],
  ["no policy", noPolicy, ["policy"]],
  ["a policy with inline scripts", replaced(/script-src /, "script-src 'unsafe-inline' "), ["policy"]],
  ["a picture from elsewhere, and no policy", all(noPolicy, inMain('<img alt="x" src="https://mutation.invalid/x.png">')), ["console", "foreign-elements", "names-fetch-nothing", "policy", "requests"]],
  ["a worker, and no policy", all(noPolicy, script("new Worker(URL.createObjectURL(new Blob([''])))")), ["policy", "requests", "names-fetch-nothing", "workers"]],
  ["controls that stay hidden", style("#controls { display: none !important }"), ["controls-appear", ...FILTERS, "keyboard", "links-to-hidden", "search"]],
  ["controls without scripts", replaced(/(id="controls"[^>]*) hidden/, "$1"), ["scriptless-controls"]],
  ["a count that stands still", script("setInterval(() => { document.querySelector('#shown').textContent = 'all' }, 5)"), ["controls-appear", ...FILTERS, "search"]],
  ["a severity that has no choice", replaced(/name="severity" value="info"/, 'name="severity" value="other"'), ["filter-severity", "filter-status", "search"]],
  ["a severity that does not filter", deaf("change", "input[name=severity]"), ["filter-severity"]],
  ["a status that does not filter", deaf("change", "input[name=status]"), ["filter-status"]],
  ["a verdict that does not filter", deaf("change", "input[name=verdict]"), ["filter-verdict"]],
  ["hidden findings that are drawn", style(".found > li[hidden] { display: block !important }"), ["search"]],
  ["a search that does nothing", deaf("input", "#search"), ["links-to-hidden", "search"]],
  ["links to what is searched away that lead nowhere", script("addEventListener('hashchange', () => { const search = document.querySelector('#search'); search.value = 'mutation'; search.dispatchEvent(new Event('input')) })"), ["links-to-hidden"]],
  ["a search that takes text for a pattern", script("document.querySelector('#search').addEventListener('input', (event) => new RegExp(event.target.value))"), ["typed-text"]],
  ["a search that takes text for markup", script("document.querySelector('#search').addEventListener('input', (event) => document.querySelector('#method').insertAdjacentHTML('beforeend', event.target.value))"), ["foreign-elements", "names-fetch-nothing", "planted-handler"]],
  ["a button that copies nothing", script("navigator.clipboard.writeText = async () => {}"), ["copy"]],
  ["a focus that cannot be seen", style("*:focus-visible { outline: none !important; box-shadow: none !important }"), ["keyboard"]],
  ["a summary that a pointer cannot open", style("details.automation > summary { pointer-events: none }"), ["scriptless-opens"]],
  ["a finding of another status", replaced(/data-status="open"/, 'data-status="waived"'), ["scriptless-complete"]],
  ["a section that is missing", replaced(/id="method"/, 'id="mutation"'), ["scriptless-complete"]],
  ["rows that cannot be seen", style("#exclusions tr:last-child { visibility: hidden }"), ["scriptless-readable"]],
  ["a name that is not escaped", afterHead(replaced(/&lt;(img src=x onerror=.{1,80}?)&gt;/s, (_, inner) => `<${inner.replaceAll("&quot;", '"')}>`)), ["foreign-elements", "names-fetch-nothing", "planted-handler", "policy-violations", "requests"]],
  ["names of which a part is left out", replaced(/&lt;meta http-equiv/g, ""), ["names-shown", "scriptless-complete"]],
  ["a link that is a script", inMain('<p><a href="javascript:window.__planted=1">more</a></p>'), ["foreign-elements"]],
  ["a character that turns the direction of writing", inMain("<p>\u202egnp.exe</p>"), ["hidden-characters"]],
  ["a page too wide for a telephone", style("main { min-width: 600px }"), ["sideways"]],
  ["a table too wide for a desk", style(".rows { min-width: 1400px }"), ["tables"]],
  ["what to do below the first screen", style(".steps { margin-top: 600px }"), ["first-screen"]],
  ["no dark colours", (html) => within(html, "style", (text) => text.replaceAll(/prefers-color-scheme:\s*dark/g, "min-width: 99999px")), ["dark"]],
  ["automations that are not printed", style("@media print { details.automation { display: none } }"), PRINT],
  ["folded parts that stay folded on paper", style("@media print { details::details-content { display: none !important } }"), PRINT],
  ["a search that is taken over to paper", script("addEventListener('beforeprint', () => document.querySelectorAll('details.automation').forEach((one) => (one.hidden = document.querySelector('#search').value !== '')))"), ["print-filtered"]],
  ["heads of tables that are left out on further pages", style("@media print { th button { display: inline-block !important } }"), ["print-heads"]],
  ["grey on white", style("p { color: #999 !important }"), ["axe-light-1280", "axe-light-360"]],
  ["grey on black on a telephone", style("@media (prefers-color-scheme: dark) and (max-width: 500px) { p { color: #444 !important } }"), ["axe-dark-360"]],
  ["no language", replaced(/<html[^>]*>/, "<html>"), AXE],
  ["headings out of order", replaced(/<h2( [^>]*)?>(.*?)<\/h2>/s, "<h5$1>$2</h5>"), AXE],
  ["a field without a label", inMain('<p><input type="text"></p>'), AXE],
  ["nothing to be seen", style("body { display: none }"), ["pictures"]],
];

/** Mutations that are looked at at the same time. Much of the time of each is waiting. */
const AT_ONCE = 3;

/** Runs the checks on the report itself, all of which have to pass, and on every mutation. Tells the problems of each, and checks that none broke. */
export async function mutated(browser, job) {
  const html = readFileSync(job.report, "utf8");
  const { checks } = await run(browser, job);
  const failed = checks.filter((check) => !check.passed);
  if (failed.length > 0) return { mutations: [], problems: failed.map((check) => `the report itself fails ${check.name}: ${check.problems.join("; ")}`) };
  const suites = new Map(checks.map((check) => [check.name, check.suite]));
  const wanted = MUTATIONS.filter(([name]) => !job.only || name.includes(job.only));
  const results = [];
  const worker = async () => {
    for (let mutation = wanted.shift(); mutation; mutation = wanted.shift()) results.push(await one(browser, job, html, suites, mutation));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const broken = new Set(results.flatMap((result) => result.failed));
  const unbroken = job.only ? [] : [...suites.keys()].filter((name) => !broken.has(name)).map((name) => `no mutation makes ${name} fail`);
  return { mutations: results, problems: [...results.flatMap((result) => result.problems), ...unbroken] };
}

/** Runs the suites of the checks that have to fail, and the one that watches what the page does by itself. */
async function one(browser, job, html, suites, [name, change, expected]) {
  const changed = change(html);
  if (changed === html) return { name, failed: [], problems: [`${name}: the mutation changes nothing in this report`] };
  const folder = join(job.folder, name.replaceAll(/[^a-z]+/g, "-"));
  mkdirSync(folder, { recursive: true });
  const report = join(folder, "report.html");
  writeFileSync(report, changed);
  const wanted = new Set(["quiet", ...expected.map((check) => suites.get(check))]);
  const { checks } = await run(browser, { ...job, report, folder, pictures: undefined, suites: [...wanted] });
  const failures = checks.filter((check) => !check.passed);
  const failed = failures.map((check) => check.name).sort();
  const problems = [];
  if (failed.join() !== [...expected].sort().join()) {
    const why = failures.filter((check) => !expected.includes(check.name)).map((check) => `${check.name}: ${check.problems[0]}`);
    problems.push(`${name}: failed [${failed.join(", ")}], expected [${expected}]${why.length > 0 ? `; ${why.join("; ")}` : ""}`);
  }
  return { name, failed, problems };
}
