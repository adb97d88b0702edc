// axe-core on the whole report with every folded part open: contrast, names, landmarks, headings, table headers.

import { openEverything, withReport } from "./browser.mjs";
import { axeSource } from "./modules.mjs";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Single letters count as text: the marks of verdicts are such. */
const CONTRAST = { runOnly: { type: "rule", values: ["color-contrast"] }, checks: { "color-contrast": { options: { ignoreLength: true } } } };

export async function accessibility(browser, job, verdict) {
  await withReport(browser, job.report, {}, async ({ page }) => {
    await openEverything(page);
    // What the browser skips while it is off the screen has no measures that axe could look at.
    await page.evaluate(() => document.querySelectorAll("body *").forEach((element) => (element.style.contentVisibility = "visible")));
    // Evaluated, not put into the page: its policy would refuse that, and rightly.
    await page.evaluate(axeSource);
    for (const colorScheme of ["light", "dark"]) {
      for (const width of [1280, 360]) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        const where = `${colorScheme}-${width}`;
        await verdict.check(`axe-${where}`, () => violations(page, verdict, where));
      }
    }
  });
}

/** Wide enough for every table. */
const WIDE = { width: 3000, height: 900 };

/** What breaks a rule, and texts whose contrast could not be told: those may be of any. */
async function violations(page, verdict, where) {
  const started = performance.now();
  const [scheme] = where.split("-");
  const most = await results(page, { runOnly: TAGS, rules: { "color-contrast": { enabled: false } } });
  await page.evaluate(unclip);
  const contrast = await results(page, CONTRAST);
  await page.evaluate(remember, [targets(contrast.passes), scheme]);
  let untold = await untoldOf(page, contrast, scheme);
  if (untold.length > 0) {
    // A text that sticks out of its part, or of the screen, is told where there is room for it.
    const size = page.viewportSize();
    await page.setViewportSize(WIDE);
    const wide = await results(page, CONTRAST);
    await page.setViewportSize(size);
    contrast.violations.push(...wide.violations);
    await page.evaluate(remember, [targets(wide.passes), scheme]);
    untold = await untoldOf(page, contrast, scheme);
  }
  const faint = await page.evaluate(faintInDrawings);
  await page.evaluate(() => document.querySelectorAll("[data-unclipped]").forEach((element) => (element.style.overflow = element.style.position = "")));
  verdict.measure(`axe_${where}`, { rules: most.passes.length, texts: targets(contrast.passes).length, milliseconds: Math.round(performance.now() - started) });
  if (most.passes.length < 15 || contrast.passes.length !== 1) return [`only ${most.passes.length} rules had anything to look at: was the page there?`];
  return [...[...most.violations, ...contrast.violations, ...untold].map(told), ...faint];
}

const targets = (list) => list.flatMap(({ nodes }) => nodes.map(({ target }) => target));

/** Run inside the page: marks texts that have enough contrast. */
function remember([targets, scheme]) {
  for (const target of targets) document.querySelector(target)?.setAttribute("data-told", scheme);
}

/** What could not be told of texts, but for those that were told elsewhere, and drawings. */
async function untoldOf(page, { incomplete }, scheme) {
  const open = new Set(
    await page.evaluate(
      ([targets, scheme]) => targets.filter((target) => !(document.querySelector(target) instanceof SVGElement) && document.querySelector(target)?.dataset.told !== scheme),
      [targets(incomplete), scheme],
    ),
  );
  const left = incomplete.map((result) => ({ ...result, nodes: result.nodes.filter(({ target }) => open.has(target)) }));
  return left.filter(({ nodes }) => nodes.length > 0);
}

function told({ id, help, nodes }) {
  return `${id} ×${nodes.length}: ${help}: ${nodes[0].target}: ${nodes[0].why.replaceAll(/\s+/g, " ").slice(0, 300)}`;
}

function results(page, options) {
  return page.evaluate(async (options) => {
    const node = ({ target, failureSummary }) => ({ target: target.join(" "), why: failureSummary ?? "" });
    const brief = ({ id, help, nodes }) => ({ id, help, nodes: nodes.map(node) });
    const { violations, incomplete, passes } = await axe.run(document, { ...options, resultTypes: ["violations", "incomplete", "passes"] });
    return { violations: violations.map(brief), incomplete: incomplete.map(brief), passes: passes.map(brief) };
  }, options);
}

/** Run inside the page: text that is cut off at the edge of a part that scrolls, or that something sticks to, has no contrast that axe could tell. */
function unclip() {
  for (const element of document.querySelectorAll("body *")) {
    const { overflow, position } = getComputedStyle(element);
    if (/auto|scroll/.test(overflow)) element.style.overflow = "visible";
    if (position === "sticky") element.style.position = "static";
    if (element.style.overflow || element.style.position) element.dataset.unclipped = "";
  }
}

/** Run inside the page: axe does not look into drawings, so letters in them are compared here with the surface around the drawing. */
function faintInDrawings() {
  const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = (colour) => {
    const [red, green, blue] = parts(colour).map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const surface = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return parts(colour)[3] === 0 && element.parentElement ? surface(element.parentElement) : colour;
  };
  const problems = new Set();
  for (const text of document.querySelectorAll("svg text")) {
    if (!text.checkVisibility()) continue;
    const [ink, paper] = [getComputedStyle(text).fill, surface(text.closest("svg"))];
    const [dark, bright] = [light(ink), light(paper)].sort((a, b) => a - b);
    const ratio = (bright + 0.05) / (dark + 0.05);
    if (ratio < 4.5) problems.add(`text in a drawing: ${ink} on ${paper} has a contrast of ${ratio.toFixed(1)}`);
  }
  return [...problems];
}
