// What assessment.json says of the run whose report is looked at.

import { readFileSync } from "node:fs";

export const readAssessment = (job) => JSON.parse(readFileSync(job.assessment, "utf8"));

/** The automations that a search for the job's known name has to leave, and how many findings they have. */
export function knownAutomations(job) {
  const { automations, findings } = readAssessment(job);
  const ids = automations.filter((automation) => automation.name.includes(job.known)).map((automation) => automation.app_id);
  if (ids.length === 0 || ids.length === automations.length) throw new Error(`${ids.length} of ${automations.length} automations are named ${job.known}`);
  return { name: job.known, ids, findings: findings.filter((finding) => ids.includes(finding.object.app_id)).length };
}

/** Names that other people gave. */
export function foreignNames(job) {
  const { automations, gates, exclusions, run } = readAssessment(job);
  const names = [
    run.tenant_name,
    ...automations.map((automation) => automation.name),
    ...gates.flatMap((gate) => gate.policies).flatMap((policy) => [policy.policy, ...(policy.approver_groups ?? [])]),
    ...exclusions.flatMap((exclusion) => [exclusion.policy, exclusion.application]),
  ];
  return [...new Set(names.filter((name) => name))];
}
