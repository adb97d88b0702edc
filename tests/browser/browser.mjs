// Starts the browser, opens a report in it, and writes down what the page says and asks for while it is open.

import { once } from "node:events";
import { createServer } from "node:net";
import { pathToFileURL } from "node:url";
import { chromium } from "./modules.mjs";

/** Background traffic of the browser itself is off, so that whatever reaches the proxy was caused by a page. */
const FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export async function launch() {
  // Debian's sandbox does not start for root, which CI runs as; the pages are our own.
  const args = process.getuid?.() === 0 ? [...FLAGS, "--no-sandbox"] : FLAGS;
  return chromium.launch({ executablePath: process.env.MAASCAN_CHROMIUM, args });
}

/**
 * A proxy that answers nothing and remembers who came. All traffic of a page goes here, look-ups of names, preconnects and loopback included,
 * also what the browser does not show as a request.
 */
async function deafProxy() {
  const asked = [];
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", (bytes) => {
      asked.push(bytes.toString("latin1").split("\r\n")[0]);
      socket.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = () => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  };
  return { asked, stop, address: `http://127.0.0.1:${server.address().port}` };
}

/** How long one action may take, in milliseconds. Loading the page is not one. */
const PATIENCE = 20_000;

/** Milliseconds after which a script that waits until typing stops has answered. */
export const SETTLED = 200;

/** A refusal by the content security policy, which the browser also writes to the console. */
const ABOUT_POLICY = /Content Security Policy/i;

/** What a page did that nobody should see. */
class Witness {
  console = [];
  errors = [];
  violations = [];
  requests = [];
  workers = [];
  dialogs = [];
  popups = [];

  watch(context, page, report) {
    page.on("console", (message) => {
      const line = `${message.type()}: ${message.text()}`;
      if (ABOUT_POLICY.test(line)) this.violations.push(line);
      else if (["error", "warning", "assert"].includes(message.type())) this.console.push(line);
    });
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("worker", (worker) => this.workers.push(worker.url()));
    page.on("dialog", (dialog) => {
      this.dialogs.push(dialog.message());
      dialog.dismiss().catch(() => {});
    });
    page.on("popup", (popup) => this.popups.push(popup.url()));
    context.on("serviceworker", (worker) => this.workers.push(worker.url()));
    context.on("request", (request) => {
      const [place] = request.url().split("#");
      if (place !== report) this.requests.push(request.url().slice(0, 200));
    });
  }
}

/** Usual options of a context; checks override what they are about. */
const USUAL = { viewport: { width: 1280, height: 900 }, colorScheme: "light", reducedMotion: "reduce", locale: "en-GB", timezoneId: "UTC" };

/**
 * Opens a report in a context of its own, runs `use` on it, and closes it.
 * `options` are Playwright's for a context; `fragment` goes behind the address.
 */
export async function withReport(browser, file, options, use) {
  const { fragment = "", ...others } = options;
  const proxy = await deafProxy();
  const context = await browser.newContext({ ...USUAL, ...others, proxy: { server: proxy.address, bypass: "<-loopback>" } });
  try {
    context.setDefaultTimeout(PATIENCE);
    const page = await context.newPage();
    const witness = new Witness();
    const address = pathToFileURL(file).href;
    witness.watch(context, page, address);
    const started = performance.now();
    await page.goto(address + fragment, { waitUntil: "load", timeout: 60_000 });
    const loadMilliseconds = performance.now() - started;
    return await use({ page, context, witness, connections: proxy.asked, loadMilliseconds });
  } finally {
    await context.close();
    proxy.stop();
  }
}

/** Opens every folded part of the page, as the browser does when a person opens them. */
export async function openEverything(page) {
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
}
