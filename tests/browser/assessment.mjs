// What assessment.json says of the run whose report is looked at.

import { readFileSync } from "node:fs";

export const readAssessment = (job) => JSON.parse(readFileSync(job.assessment, "utf8"));

/** The automation that a job names, which has to be the only one of that name. */
export function knownAutomation(job) {
  const { automations, findings } = readAssessment(job);
  const named = automations.filter((automation) => automation.name === job.known);
  if (named.length !== 1) throw new Error(`${named.length} automations are named ${job.known}`);
  const appId = named[0].app_id;
  return { name: job.known, appId, findings: findings.filter((finding) => finding.object.app_id === appId).length };
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
