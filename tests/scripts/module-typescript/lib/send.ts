import { root } from "./root";

const BASE = "https://graph.microsoft.com/beta";

export const send = async (verb: string, place: string, body?: unknown) => raw(verb, `${BASE}/${place}`, body);

async function raw(verb: string, url: string, body: unknown) {
  return fetch(url, { method: verb, body: JSON.stringify(body), headers: await root() });
}
