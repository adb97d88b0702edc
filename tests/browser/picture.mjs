// The picture for the README: the first screen, with a line inside the file that says what it was taken from.

import { writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { withReport } from "./browser.mjs";

/** Of the picture, in CSS pixels, which are its own. */
const SIZE = { width: 1280, height: 1000 };

export async function picture(browser, job, verdict) {
  await withReport(browser, job.report, { viewport: SIZE }, async ({ page }) => {
    const png = await page.screenshot({ animations: "disabled" });
    await verdict.check("picture", () => writeFileSync(job.picture.file, withText(png, "Source", job.picture.source)) ?? []);
  });
}

/** A PNG with a text chunk behind its first one, which says the size and is as long in every PNG. */
function withText(png, keyword, text) {
  const end = 8 + 12 + 13;
  return Buffer.concat([png.subarray(0, end), chunk("tEXt", Buffer.from(`${keyword}\0${text}`, "latin1")), png.subarray(end)]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
