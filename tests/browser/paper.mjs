// Print to PDF: pages, with everything that a change board has to read on them.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readAssessment } from "./assessment.mjs";
import { SETTLED, withReport } from "./browser.mjs";

export async function paper(browser, job, verdict) {
  const assessment = readAssessment(job);
  for (const [suffix, javaScriptEnabled] of [["", true], ["-scriptless", false]]) {
    await withReport(browser, job.report, { javaScriptEnabled, colorScheme: "dark" }, async ({ page }) => {
      const overview = await page.evaluate(() => document.querySelector("#overview")?.innerText ?? "");
      const leads = await page.evaluate(leadsOfAutomations);
      const pdf = await page.pdf({ format: "A4" });
      const file = join(job.folder, `report${suffix}.pdf`);
      writeFileSync(file, pdf);
      const pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0;
      verdict.measure(`printed_pages${suffix}`, pages);
      await verdict.check(`print${suffix}`, () => {
        const printed = letters(textOf(file));
        const few = pages > 1 ? [] : [`${pages} pages`];
        return [...few, ...headlineProblems(printed, overview, assessment), ...unprinted(printed, assessment, leads)];
      });
      if (javaScriptEnabled) {
        await verdict.check("print-heads", () => headProblems(page, file));
        await verdict.check("print-filtered", () => filteredProblems(page, job, assessment, leads));
      }
    });
  }
}

/** What nothing in a report is named. */
const NOTHING = "zz-nothing-has-this-text-zz";

/** What is searched for on the screen leaves nothing out on paper, and stays on the screen. */
async function filteredProblems(page, job, assessment, leads) {
  const left = () => page.locator("details.automation:not([hidden])").count();
  await page.locator("#search").fill(NOTHING);
  await page.waitForTimeout(SETTLED);
  const before = await left();
  const file = join(job.folder, "report-filtered.pdf");
  writeFileSync(file, await page.pdf({ format: "A4" }));
  const after = await left();
  const kept = before === 0 && after === 0 ? [] : [`the search leaves ${before} automations before printing and ${after} after it`];
  return [...kept, ...unprinted(letters(textOf(file)), assessment, leads)];
}

/**
 * A table that goes on over pages repeats its head on each. The browser leaves out the text of a button there, and buttons are what sorts.
 */
async function headProblems(page, file) {
  await page.emulateMedia({ media: "print" });
  const problems = await page.evaluate(() => {
    const buttons = [...document.querySelectorAll("th button")];
    const boxes = buttons.filter((button) => getComputedStyle(button).display !== "contents");
    return boxes.length > 0 ? [`${boxes.length} of ${buttons.length} buttons in heads of tables are boxes of their own`] : [];
  });
  await page.emulateMedia({ media: null });
  const arrows = textOf(file).match(/[↕↑↓]/g) ?? [];
  return [...problems, ...(arrows.length > 0 ? [`${arrows.length} arrows for sorting are printed`] : [])];
}

function headlineProblems(printed, overview, { headline }) {
  const [sentence] = overview.match(/.*automations? (can )?writes? to Intune.*/) ?? [];
  if (!sentence) return [`the headline is not in #overview: ${overview.slice(0, 300)}`];
  const right = sentence.startsWith("Unknown how many") || new RegExp(`\\b${headline.automations} automation`).test(sentence);
  return [...(right ? [] : [`not the headline: ${sentence}`]), ...(printed.includes(letters(sentence)) ? [] : [`not on paper: ${sentence}`])];
}

function textOf(file) {
  const text = spawnSync("pdftotext", ["-q", file, "-"], { encoding: "utf8", maxBuffer: 1 << 28 });
  if (text.status !== 0) throw new Error(`pdftotext could not read it: ${text.error ?? text.stderr}`);
  return text.stdout;
}

/** Run inside the page: the first lines of what is folded under each automation. They name its ids, so they stand nowhere else. */
function leadsOfAutomations() {
  return Object.fromEntries([...document.querySelectorAll("details.automation")].map((details) => [details.id, details.querySelector("summary ~ p")?.textContent ?? ""]));
}

/** Letters and digits of the Latin alphabet: what of a text comes through fonts and line breaks. */
const letters = (text) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");

/** Letters by which a text is known; longer ones are broken by the foot of a page. */
const LONG_ENOUGH = 40;

/** Automations with such a verdict are printed whole, the others folded: name, verdict and workload. */
const TO_ACT_ON = ["blocked", "breaks", "at-risk", "passes", "unknown"];

function unprinted(printed, assessment, leads) {
  const urgent = new Set(assessment.verdicts.filter(({ verdict }) => TO_ACT_ON.includes(verdict)).map((verdict) => verdict.app_id));
  const problems = [];
  for (const verdict of assessment.verdicts) {
    const folded = { name: verdict.automation, verdict: verdict.verdict, workload: verdict.workload };
    const whole = { "own part": leads[`app-${verdict.app_id}`] ?? "", "next step": verdict.next_step, reason: verdict.reasons[0] ?? "" };
    for (const [what, part] of Object.entries(urgent.has(verdict.app_id) ? { ...folded, ...whole } : folded)) {
      if (!printed.includes(letters(part).slice(0, LONG_ENOUGH))) problems.push(`${what} of ${verdict.app_id} is not on paper: ${part.slice(0, 60)}`);
    }
  }
  return problems;
}
