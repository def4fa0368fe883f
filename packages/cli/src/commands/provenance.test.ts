import { CallId, MemoryId, MessageId, instantOf, label } from "@moltbot/contracts";
import type { KeptItem, PastEffect, Provenance, ProvenanceRemoval } from "@moltbot/contracts";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CommandExit } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { createOutput } from "../output.ts";
import { run } from "../testing/run.ts";
import { removeAsking } from "./provenance.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const AT = instantOf(Date.UTC(2026, 10, 22, 12));
const SOURCE = "host:evil.example:443";
const message: KeptItem = {
  kind: "message",
  id: MessageId.parse("01930000-0000-7000-8000-000000000001"),
  says: "The assistant wrote: “pay\u202e eve”",
  label: label("untrusted", "public", [{ kind: "host", ref: "evil.example:443" }]),
  at: AT,
};
const memory: KeptItem = { ...message, kind: "memory", id: MemoryId.parse("01930000-0000-7000-8000-000000000002") };
const effect: PastEffect = {
  callId: CallId.parse("01930000-0000-7000-8000-000000000003"),
  tool: "mail.send",
  effect: "send",
  at: AT,
  to: "eve@evil.example",
};
const removal = (wish: Partial<ProvenanceRemoval> = {}): ProvenanceRemoval => ({
  source: SOURCE,
  done: true,
  removed: [message, memory],
  kept: [],
  effects: [effect],
  ...wish,
});
const ROUTE = "POST /v2/provenance/remove";

describe("provenance show", () => {
  it("names the thing, where it came from, what came of it and what left", async () => {
    const shown: Provenance = { source: `message:${message.id}`, item: message, derived: [memory], effects: [effect] };
    const done = await run(["provenance", "show", message.id], {
      [`GET /v2/provenance?of=${message.id}`]: { json: shown },
    });
    expect(done.out).toMatch(/came from +host:evil.example:443/);
    expect(done.out).toContain("pay\\u202e eve");
    expect(done.out).toContain(memory.id);
    expect(done.out).toContain("eve@evil.example");
    expect(done.out).toContain("./moltbot provenance remove SOURCE --dry-run");
  });

  it("of a source of which nothing came says so, and offers nothing", async () => {
    const done = await run(["provenance", "show", SOURCE], {
      [`GET /v2/provenance?of=${encodeURIComponent(SOURCE)}`]: {
        json: { source: SOURCE, item: null, derived: [], effects: [] },
      },
    });
    expect(done.out.match(/Nothing\./g)).toHaveLength(2);
    expect(done.out).not.toContain("remove SOURCE");
  });
});

describe("provenance remove", () => {
  it("asks nobody where nobody is: it takes --yes, or --dry-run", async () => {
    for (const argv of [
      ["provenance", "remove", SOURCE],
      ["provenance", "remove", SOURCE, "--json"],
    ])
      expect(await run(argv, {})).toMatchObject({ code: "USAGE", asked: [] });
  });

  it("with --dry-run says what would go and had left, and changes nothing", async () => {
    const done = await run(["provenance", "remove", SOURCE, "--dry-run"], {
      [ROUTE]: { json: removal({ done: false }) },
    });
    expect(done.asked).toMatchObject([{ body: { source: SOURCE, dryRun: true } }]);
    expect(done.out).toContain("nothing was changed");
    expect(done.out).toContain("Would be removed:");
    expect(done.out).toContain("Had left before, and cannot be called back:");
  });

  it("with --yes removes and reports, as JSON too", async () => {
    const done = await run(["provenance", "remove", SOURCE, "--yes"], { [ROUTE]: { json: removal() } });
    expect(done.asked).toMatchObject([{ body: { source: SOURCE, dryRun: false } }]);
    expect(done).toMatchObject({ exit: 0 });
    expect(done.out).toContain(`✓ ${SOURCE} is removed`);
    const json = await run(["provenance", "remove", SOURCE, "--yes", "--json"], { [ROUTE]: { json: removal() } });
    expect(JSON.parse(json.out)).toMatchObject({ done: true });
  });

  it("at a terminal shows what would go first, and goes on only when told so", async () => {
    const asked: boolean[] = [];
    const context: CommandContext = {
      client: {} as CommandContext["client"], // only calls are made
      door: {} as CommandContext["door"], // nobody asks it here
      output: createOutput(false),
      call: (async (_name: string, { dryRun }: { readonly dryRun: boolean }) => {
        asked.push(dryRun);
        return removal({ done: !dryRun });
      }) as unknown as CommandContext["call"], // one operation is called
    };
    let out = "";
    vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
    const ways = { dryRun: false, yes: false };
    await expect(removeAsking(context, SOURCE, ways, async () => false)).rejects.toBeInstanceOf(CommandExit);
    expect(asked).toEqual([true]);
    expect(out).toContain("Would be removed:");
    await removeAsking(context, SOURCE, ways, async () => true);
    expect(asked).toEqual([true, true, false]);
    expect(out).toContain("is removed");
  });

  it("names what could not be removed, and ends with 1", async () => {
    const kept = [{ item: memory, reason: "The memory changed in the meantime. [CONFLICT]" }];
    const done = await run(["provenance", "remove", SOURCE, "--yes"], { [ROUTE]: { json: removal({ kept }) } });
    expect(done.exit).toBe(1);
    expect(done.out).toContain("Could not be removed:");
    expect(done.out).toContain("[CONFLICT]");
  });
});
