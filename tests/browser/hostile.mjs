// Other people's names do nothing: they are text, and only text. Looked at with the page's policy switched off too, so that the escaping
// has to hold by itself.

import { foreignNames } from "./assessment.mjs";
import { SETTLED, openEverything, withReport } from "./browser.mjs";
import { beginning, texts } from "./text.mjs";

/** Put behind the address and into the search: what a script might take over into the page. */
const TYPED = ['"><img src=x onerror="window.__planted=\'typed\'">', "<script>window.__planted='typed'</script>", "[name=x],*{}</style>", "\\(([", "</output><img src=x onerror=window.__planted=1>"];

export async function hostile(browser, job, verdict) {
  const fragment = `#${encodeURI(TYPED[0])}`;
  await withReport(browser, job.report, { bypassCSP: true, fragment }, async ({ page, witness, connections }) => {
    await openEverything(page);
    await provoke(page);
    await verdict.check("planted-handler", async () => {
      const planted = await page.evaluate(() => window.__planted);
      const seen = [...witness.dialogs.map((text) => `dialog: ${text}`), ...witness.popups.map((url) => `window: ${url}`)];
      return planted === undefined ? seen : [`a handler of a name ran: ${planted}`, ...seen];
    });
    await verdict.check("names-fetch-nothing", () => [...witness.requests, ...connections]);
    await verdict.check("typed-text", () => witness.errors);
    await verdict.check("foreign-elements", () => foreign(page));
    await verdict.check("hidden-characters", () => hiddenCharacters(page));
    await verdict.check("names-shown", () => namesNotShown(page, job));
  });
}

/** Does to the page what would start a handler: moves over everything, gives focus, types. */
async function provoke(page) {
  const search = page.locator("#search");
  for (const text of (await search.isVisible()) ? [...TYPED, ""] : []) {
    await search.fill(text);
    await page.waitForTimeout(SETTLED);
  }
  await page.evaluate(() => {
    for (const element of document.querySelectorAll("main *")) {
      for (const kind of ["mouseover", "pointerenter", "focus", "toggle", "load", "error"]) element.dispatchEvent(new Event(kind, { bubbles: false }));
    }
  });
  await page.waitForTimeout(200);
}

/** Everything that the report itself is made of. Whatever else is in the page came from a name, or has to be thought over here first. */
const HTML = `html head meta title style script body header nav main footer section article aside div span p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table caption
  colgroup col thead tbody tfoot tr th td details summary a abbr strong em b i small code pre time br hr button input label fieldset legend output wbr mark figure
  figcaption svg g rect circle line path polyline polygon text tspan title desc defs pattern use noscript bdi search meter select option`;

async function foreign(page) {
  return page.evaluate((own) => {
    const problems = [];
    for (const element of document.querySelectorAll("*")) {
      const told = `<${element.localName}> ${element.outerHTML.slice(0, 100)}`;
      if (!own.includes(element.localName)) problems.push(`foreign element: ${told}`);
      for (const { name, value } of element.attributes) {
        if (/^on|^srcdoc$|^formaction$|^action$|^ping$|^background$|^srcset$|^src$|^autofocus$/i.test(name)) problems.push(`attribute ${name}: ${told}`);
        if (/^(xlink:)?href$/i.test(name) && !/^(#|https:\/\/)/.test(value)) problems.push(`link to ${value.slice(0, 60)}`);
        if (/^http-equiv$/i.test(name) && !/^content-security-policy$/i.test(value)) problems.push(`http-equiv ${value}`);
      }
    }
    const scripts = [...document.scripts].filter((script) => !script.type || /javascript|module/.test(script.type));
    if (scripts.length !== 1) problems.push(`${scripts.length} scripts, the report has one`);
    const away = [...document.querySelectorAll('a[href^="https:"]')].filter((link) => !/noreferrer|noopener/.test(link.rel));
    if (away.length > 0) problems.push(`${away.length} links away tell where the reader comes from`);
    return problems;
  }, HTML.split(/\s+/));
}

/** Characters that turn the direction of writing or steer something, in any text or attribute. */
async function hiddenCharacters(page) {
  return page.evaluate(() => {
    const odd = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff]/u;
    const problems = [];
    const walker = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) if (odd.test(walker.currentNode.data)) problems.push(`in the text ${JSON.stringify(walker.currentNode.data.slice(0, 80))}`);
    for (const element of document.querySelectorAll("*")) {
      for (const { name, value } of element.attributes) if (odd.test(value)) problems.push(`in ${name} of ${element.localName}`);
    }
    return problems;
  });
}

async function namesNotShown(page, job) {
  const [text] = await texts(page, "main");
  return foreignNames(job).filter((name) => !text.includes(beginning(name))).map((name) => `not shown as text: ${JSON.stringify(name.slice(0, 80))}`);
}
