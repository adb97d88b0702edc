// Texts are compared without white space and without characters that do not show: lines break anywhere, and other people's names are made
// harmless by taking such characters out.

const HIDDEN = "[\\s\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff]+";

export const squash = (text) => text.replaceAll(new RegExp(HIDDEN, "gu"), "");

/** Beginning of a name that has to be shown; a long one may be cut. */
export const beginning = (name) => [...squash(name)].slice(0, 40).join("");

/** Run inside the page: the squashed texts of all elements that a selector finds, and of the folded parts too. */
export async function texts(page, selector) {
  const found = await page.evaluate((selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent), selector);
  return found.map(squash);
}
