// axe-core on the whole report with every folded part open: contrast, names, landmarks, headings, table headers.

import { openEverything, withReport } from "./browser.mjs";
import { axeSource } from "./modules.mjs";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export async function accessibility(browser, job, verdict) {
  await withReport(browser, job.report, {}, async ({ page }) => {
    await openEverything(page);
    // Evaluated, not put into the page: its policy would refuse that, and rightly.
    await page.evaluate(axeSource);
    for (const colorScheme of ["light", "dark"]) {
      for (const width of [1280, 360]) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        await verdict.check(`axe-${colorScheme}-${width}`, () => violations(page, verdict, `${colorScheme}-${width}`));
      }
    }
  });
}

async function violations(page, verdict, where) {
  const started = performance.now();
  const { violations, untold, passes } = await page.evaluate(async (tags) => {
    const brief = (results) => results.map(({ id, help, nodes }) => ({ id, help, count: nodes.length, first: nodes[0]?.target.join(" "), why: nodes[0]?.failureSummary ?? "" }));
    const results = await axe.run(document, { runOnly: tags, resultTypes: ["violations", "incomplete"] });
    return { violations: brief(results.violations), untold: brief(results.incomplete), passes: results.passes.length };
  }, RULES);
  verdict.measure(`axe_${where}`, { rules_passed: passes, milliseconds: Math.round(performance.now() - started), untold: untold.map(({ id, count, first }) => `${id} ×${count} ${first}`) });
  if (passes < 15) return [`only ${passes} rules had anything to look at: was the page there?`];
  return violations.map(({ id, help, count, first, why }) => `${id} ×${count}: ${help}: ${first}: ${why.replaceAll(/\s+/g, " ").slice(0, 200)}`);
}
