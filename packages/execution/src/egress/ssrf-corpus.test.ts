import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { classifyAddress } from "./classify-address.ts";
import { ALL_CONTROLS, createEgressWith } from "./create-egress.ts";
import type { Egress } from "./egress.ts";
import { parseTarget } from "./parse-target.ts";
import { keptLog, lenderOf, startWorld } from "./test-support/world.ts";
import type { World } from "./test-support/world.ts";

const FILE = fileURLToPath(new URL("../../../../../shared/corpora/ssrf.json", import.meta.url));
const present = existsSync(FILE);
if (!present) process.emitWarning("SKIPPED: the SSRF corpus is not on this machine; its payloads were not tried.");

interface Corpus {
  readonly urls: readonly { readonly url: string }[];
  readonly generated: readonly { readonly url: string }[];
}

describe.skipIf(!present)("the published SSRF payloads", () => {
  const corpus: Corpus = present
    ? (JSON.parse(readFileSync(FILE, "utf8")) as Corpus) // a file of ours with a fixed shape
    : { urls: [], generated: [] };
  const payloads = [...corpus.urls, ...corpus.generated].map(({ url }) => url);
  let world: World;
  let egress: Egress;
  const dialled: string[] = [];

  beforeAll(async () => {
    world = await startWorld((_request, response) => response.end("inside"));
    // Every name leads to loopback, and every port is the server's: whatever gets through is counted as a hit.
    egress = createEgressWith(
      { secrets: lenderOf("", "", ""), lookup: async () => ["127.0.0.1"], isCanary: () => false, log: keptLog() },
      { ...ALL_CONTROLS, dial: (address) => (dialled.push(address), ALL_CONTROLS.dial("127.0.0.1", world.port)) },
    );
  });
  afterAll(async () => {
    await egress.close();
    await world.close();
  });

  it("are many", () => {
    expect(payloads.length).toBeGreaterThan(400);
  });

  it("reach nothing inside, although the call names exactly their host", async () => {
    const through: string[] = [];
    for (const url of payloads) {
      const target = parseTarget(url);
      const hosts = target.ok ? [target.value.authority] : [];
      const answer = await egress.send(
        { kind: "tool", hosts, granted: [] },
        { method: "GET", url },
        new AbortController().signal,
      );
      if (answer.ok || !["URL_INVALID", "ADDRESS_REFUSED"].includes(answer.error.code)) through.push(url);
    }
    // A payload written as a plain public address is no way inside; none is expected either.
    expect(through.filter((url) => classifyAddress(new URL(url).hostname) !== "public")).toEqual([]);
    expect(dialled.filter((address) => classifyAddress(address) !== "public")).toEqual([]);
    expect(world.hits).toHaveLength(through.length);
  });
});
