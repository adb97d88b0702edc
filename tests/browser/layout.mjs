// How the page lies on a screen: no sideways scrolling on a telephone, and pictures at three widths and shades that are what they should be.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openEverything, withReport } from "./browser.mjs";

/** The screens that are looked at: CSS pixels. */
const SCREENS = {
  telephone: { viewport: { width: 360, height: 740 }, colorScheme: "light" },
  light: { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
};

/** How much darker, of 255, the dark page has to be in the mean. */
const DARKER_BY = 60;

export async function layout(browser, job, verdict) {
  const pictures = {};
  await withReport(browser, job.report, {}, async ({ page }) => {
    for (const [name, { viewport, colorScheme }] of Object.entries(SCREENS)) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      pictures[name] = await page.screenshot({ animations: "disabled" });
      if (job.pictures) writeFileSync(join(job.pictures, `${name}.png`), pictures[name]);
    }
  });
  await withReport(browser, job.report, { viewport: SCREENS.telephone.viewport }, async ({ page }) => {
    await verdict.check("sideways", () => sideways(page));
  });
  await withReport(browser, job.report, { viewport: SCREENS.light.viewport }, async ({ page }) => {
    await verdict.check("first-screen", () => belowTheFold(page));
    await verdict.check("tables", () => wideTables(page, job.foreign ? ".scroll:has(.rows)" : ".scroll"));
  });
  await verdict.check("pictures", () => picturesWrong(pictures));
  await verdict.check("dark", async () => {
    const [light, dark] = [await brightness(browser, pictures.light), await brightness(browser, pictures.dark)];
    verdict.measure("brightness", { light: Math.round(light), dark: Math.round(dark) });
    return light - dark > DARKER_BY ? [] : [`the dark page has a mean brightness of ${dark.toFixed(0)} of 255, the light one of ${light.toFixed(0)}`];
  });
}

/** What has to be seen without scrolling: whose tenant, the headline, what could not be read, what to do, and that the matrix begins. */
const FIRST = ["#title", "#overview .headline", "#coverage-note", ".steps li:last-child, .steps p", "#matrix-title"];

function belowTheFold(page) {
  return page.evaluate((first) => {
    const ends = first.map((selector) => [selector, document.querySelector(selector)?.getBoundingClientRect().bottom ?? Infinity]);
    return ends.filter(([, end]) => end > window.innerHeight).map(([selector, end]) => `${selector} ends at ${Math.round(end)} of ${window.innerHeight} px`);
  }, FIRST);
}

/**
 * Tables that have to be scrolled sideways on a desk, and dates that are broken over two lines. Workloads that nobody knows may make the matrix
 * wider.
 */
async function wideTables(page, places) {
  await openEverything(page);
  return page.evaluate((places) => {
    const wide = [...document.querySelectorAll(places)].filter((part) => part.scrollWidth > part.clientWidth + 1);
    const broken = [...document.querySelectorAll(".rows .d")].filter((date) => date.localName === "span" && date.getClientRects().length > 1);
    return [
      ...wide.map((part) => `${part.getAttribute("aria-label")}: ${part.scrollWidth} px in ${part.clientWidth}`),
      ...broken.map((date) => `a date on two lines: ${date.textContent}`),
    ];
  }, places);
}

/** Whether the page is wider than the screen, folded and open, and what sticks out. */
export async function sideways(page) {
  const problems = await stickingOut(page, "folded");
  await openEverything(page);
  return [...problems, ...(await stickingOut(page, "open"))];
}

function stickingOut(page, when) {
  return page.evaluate((when) => {
    const { scrollWidth } = document.scrollingElement;
    const width = window.innerWidth;
    // innerWidth grows with the page where the browser zooms out to show all of it.
    const screen = Math.min(width, window.screen.width);
    if (scrollWidth <= screen) return [];
    const scrolls = (element) => element && (/(auto|scroll|hidden|clip)/.test(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
    const wide = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > screen + 0.5 && !scrolls(element.parentElement));
    const named = wide.slice(0, 4).map((element) => `<${element.localName} class="${element.getAttribute("class") ?? ""}"> ${element.textContent.trim().slice(0, 40)}`);
    return [`${when}: the page is ${scrollWidth} px wide on a screen of ${screen}: ${named.join("; ")}`];
  }, when);
}

/** Width and height stand in the first chunk of a PNG. */
function picturesWrong(pictures) {
  return Object.entries(SCREENS).flatMap(([name, { viewport }]) => {
    const bytes = pictures[name];
    if (bytes.subarray(1, 4).toString() !== "PNG" || bytes.length < 5000) return [`${name}: ${bytes.length} bytes are no picture of a report`];
    const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
    return width === viewport.width && height === viewport.height ? [] : [`${name}: ${width} × ${height}`];
  });
}

/** Mean brightness of a picture, 0 to 255: drawn and read in an empty page, whose policy forbids nothing. */
async function brightness(browser, png) {
  const page = await browser.newPage();
  try {
    return await page.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
      canvas.drawImage(picture, 0, 0);
      const { data } = canvas.getImageData(0, 0, picture.width, picture.height);
      let sum = 0;
      for (let at = 0; at < data.length; at += 4) sum += 0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2];
      return sum / (data.length / 4);
    }, png.toString("base64"));
  } finally {
    await page.close();
  }
}
