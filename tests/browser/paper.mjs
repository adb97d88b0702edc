// Print to PDF: pages, with everything that a change board has to read on them.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readAssessment } from "./assessment.mjs";
import { withReport } from "./browser.mjs";

export async function paper(browser, job, verdict) {
  const assessment = readAssessment(job);
  for (const [suffix, javaScriptEnabled] of [["", true], ["-scriptless", false]]) {
    await withReport(browser, job.report, { javaScriptEnabled, colorScheme: "dark" }, async ({ page }) => {
      const headline = await page.evaluate(() => document.querySelector("#overview")?.innerText ?? "");
      const pdf = await page.pdf({ format: "A4" });
      const file = join(job.folder, `report${suffix}.pdf`);
      writeFileSync(file, pdf);
      await verdict.check(`print${suffix}`, () => printProblems(file, pdf, assessment, headline, verdict));
    });
  }
}

function printProblems(file, pdf, assessment, overview, verdict) {
  const pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0;
  verdict.measure("printed_pages", pages);
  const problems = pages > 1 ? [] : [`${pages} pages`];
  const text = spawnSync("pdftotext", ["-q", file, "-"], { encoding: "utf8", maxBuffer: 1 << 28 });
  if (text.status !== 0) return [...problems, `pdftotext could not read it: ${text.error ?? text.stderr}`];
  const printed = letters(text.stdout);
  const { automations } = assessment.headline;
  if (!printed.includes(letters(`${automations} automations write to Intune`)) && !printed.includes(letters(`${automations} automation writes to Intune`))) {
    problems.push("the headline is not on paper");
  }
  if (!overview.includes("write to Intune") && !overview.includes("writes to Intune")) problems.push("the headline is not in #overview");
  return [...problems, ...unprinted(printed, assessment)];
}

/** Letters and digits of the Latin alphabet: what of a text comes through fonts and line breaks. */
const letters = (text) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");

/** Automations with such a verdict are printed whole, the others folded: name, verdict and workload. */
const TO_ACT_ON = ["blocked", "breaks", "at-risk", "passes", "unknown"];

function unprinted(printed, assessment) {
  const urgent = new Set(assessment.verdicts.filter(({ verdict }) => TO_ACT_ON.includes(verdict)).map((verdict) => verdict.app_id));
  const problems = [];
  for (const verdict of assessment.verdicts) {
    const folded = { name: verdict.automation, verdict: verdict.verdict, workload: verdict.workload };
    const whole = { "next step": verdict.next_step, reason: verdict.reasons[0] ?? "" };
    for (const [what, part] of Object.entries(urgent.has(verdict.app_id) ? { ...folded, ...whole } : folded)) {
      if (!printed.includes(letters(part).slice(0, 30))) problems.push(`${what} of ${verdict.app_id} is not on paper: ${part.slice(0, 60)}`);
    }
  }
  return problems;
}
