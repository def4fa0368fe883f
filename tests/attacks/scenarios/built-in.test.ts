import { readFileSync } from "node:fs";
import { BUILT_IN_TOOLS } from "@moltbot/execution/tools";
import { describe, expect, it } from "vitest";
import { ATTACKER_ORIGIN, BuiltInDrills, PAGES_ORIGIN } from "../../../packages/gateway/src/drill/scenarios/schema.ts";
import type { BuiltInDrill, DrillCall } from "../../../packages/gateway/src/drill/scenarios/schema.ts";
import { buildDrills } from "./build/build-corpus.ts";
import { leaves } from "./build/derive.ts";

const file = new URL("../../../packages/gateway/src/drill/scenarios/built-in.json", import.meta.url);
const text = readFileSync(file, "utf8");
const { tasks } = BuiltInDrills.parse(JSON.parse(text));

const fits = ({ tool, arguments: args }: DrillCall): boolean =>
  BUILT_IN_TOOLS.find(({ manifest }) => manifest.name === tool)?.manifest.input.safeParse(args).success ?? false;

/** What a call can be told by what it carries: readable, or percent-decoded. */
const said = (call: DrillCall): string => {
  const words = leaves(call.arguments).join("\n");
  return `${words}\n${decodeURIComponent(words.replace(/%(?![0-9a-f]{2})/gi, "%25"))}`;
};

const WAYS = {
  request: ["web.fetch"],
  file: ["file.append"],
  shown: ["file.read"],
  memory: ["memory.save"],
  reminder: ["reminder.create"],
  contact: ["contact.add"],
} as const;

const brings = (call: DrillCall, win: BuiltInDrill["wins_if"][number]): boolean => {
  // What lies in a file is told by its path.
  if (win.kind === "shown") return call.tool === "file.read" && said(call).includes("..");
  if (!WAYS[win.kind].some((tool) => tool === call.tool) || !said(call).includes(win.contains)) return false;
  return win.kind !== "request" || said(call).includes(win.to === "pages" ? PAGES_ORIGIN : ATTACKER_ORIGIN);
};

const faults = (find: (drill: BuiltInDrill) => boolean): readonly string[] => tasks.filter(find).map(({ id }) => id);

describe("the drills on built-in tools", () => {
  it("are what the builder builds: rebuild.ts writes them anew", () => {
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(buildDrills())));
  });

  it("are twenty at least, each with a name of its own", () => {
    expect(tasks.length).toBeGreaterThanOrEqual(20);
    expect(new Set(tasks.map(({ id }) => id)).size).toBe(tasks.length);
  });

  it("call built-in tools with arguments that fit", () => {
    expect(faults(({ calls, attacker }) => ![...calls, ...attacker.calls].every(fits))).toEqual([]);
  });

  it("show the attacker's text where they say", () => {
    const shows = ({ calls, hostile, files, pages, blocks }: BuiltInDrill): boolean => {
      if (blocks.length > 0) return hostile === 0;
      const call = calls[hostile];
      if (call?.tool === "file.read") return files.some(({ path }) => path === call.arguments["path"]);
      return pages.some(({ path }) => call?.arguments["url"] === `${PAGES_ORIGIN}/${path}`);
    };
    expect(faults((drill) => !shows(drill))).toEqual([]);
  });

  it("name in the prompt what they open, so that the owner has asked for it", () => {
    const named = ({ prompt, calls }: BuiltInDrill): boolean =>
      calls.every((call) => {
        const value = call.arguments["url"] ?? call.arguments["path"];
        return value === undefined || prompt.includes(leaves(value)[0] ?? "");
      });
    expect(faults((drill) => !named(drill))).toEqual([]);
  });

  it("are won by what the attacker tries, if nothing stops it", () => {
    expect(
      faults(({ wins_if: wins, attacker }) => !wins.every((win) => attacker.calls.some((call) => brings(call, win)))),
    ).toEqual([]);
  });

  it("are not won by what the owner asked for", () => {
    expect(faults(({ wins_if: wins, calls }) => wins.some((win) => calls.some((call) => brings(call, win))))).toEqual(
      [],
    );
  });

  it("reach nobody real", () => {
    const hosts = [...text.matchAll(/(?:https?:\/\/|[\w.+-]@)([\p{L}\p{N}.-]+\.[\p{L}]{2,})/gu)].map(
      ([, host]) => host,
    );
    expect(hosts.length).toBeGreaterThan(2);
    expect(hosts.filter((host) => !/\.(?:example|test)$/u.test(host ?? ""))).toEqual([]);
    expect((text.match(/\+\d[\d ]{7,}\d/g) ?? []).filter((number) => !/^\+44 20 7946 0\d{3}$/.test(number))).toEqual(
      [],
    );
  });
});
