import { describe, expect, it } from "vitest";
import { INTEGRITIES, label } from "@moltbot/contracts";
import type {
  Capability,
  Constraint,
  DecisionInput,
  Label,
  ResolvedResource,
  Source,
  ToolCall,
} from "@moltbot/contracts";
import { decide } from "./decide.ts";
import { hostOf, inputOf, recipientOf, say } from "./testing/decisions.ts";
import { callOf, capabilityOf, OWNER, STRANGER } from "./testing/house.ts";

const PAGE = { url: "https://example.org/a" };
const MAIL = { to: "bob@example.org", text: "what the page says" };
const HOST_IN: Constraint = { kind: "host-in", argument: "url", hosts: ["example.org:443"] };
const TO_BOB: Constraint = { kind: "equals", argument: "to", value: "bob@example.org" };
const EXAMPLE = [hostOf("example.org:443")];
const PAGE_SOURCE: Source = { kind: "host", ref: "news.test:443" };
const NOTE_SOURCE: Source = { kind: "file", ref: "notes/a.txt" };

const labelled = (tool: "web.fetch" | "mail.send", of: Label): ToolCall => ({
  ...callOf(tool, tool === "web.fetch" ? PAGE : MAIL),
  label: of,
});
const PRIVATE = label("untrusted", [OWNER.id], [PAGE_SOURCE, NOTE_SOURCE]);

describe("a fetch with untrusted content in view", () => {
  const verdict = (
    of: Label,
    {
      resources = EXAMPLE,
      stated = [],
      release,
    }: { resources?: readonly ResolvedResource[]; stated?: readonly string[]; release?: Capability["release"] } = {},
    constraints: readonly Constraint[] = [HOST_IN],
  ) =>
    say(
      decide(
        inputOf(labelled("web.fetch", of), {
          resources,
          stated,
          capabilities: [capabilityOf("web.fetch", constraints, release === undefined ? {} : { release })],
        }),
      ),
    );
  const ALLOWED = "allow fetch.capability";
  const ASKED = "ask fetch.carries-data";

  it("asks where the address could carry what its host may not know", () => {
    expect(verdict(PRIVATE)).toBe(ASKED);
    expect(verdict({ ...PRIVATE, integrity: "participant" })).toBe(ASKED);
  });

  it("runs where all that was in view is public, or everybody at the host may know it", () => {
    expect(verdict({ ...PRIVATE, readers: "public" })).toBe(ALLOWED);
    expect(verdict(PRIVATE, { resources: [hostOf("example.org:443", [OWNER.id])] })).toBe(ALLOWED);
    expect(verdict(PRIVATE, { resources: [hostOf("example.org:443", [STRANGER.id])] })).toBe(ASKED);
    expect(verdict(PRIVATE, { resources: [hostOf("example.org:443", "public")] })).toBe(ASKED);
    expect(verdict(PRIVATE, { resources: [hostOf("example.org:443", [OWNER.id]), hostOf("example.org:443")] })).toBe(
      ASKED,
    );
    expect(verdict(PRIVATE, { resources: [hostOf("example.org:443", [])] })).toBe(ASKED);
  });

  it("runs where the owner wrote the address", () => {
    expect(verdict(PRIVATE, { stated: ["Summarise https://example.org/a"] })).toBe(ALLOWED);
    expect(verdict(PRIVATE, { stated: ["Summarise https://example.org/"] })).toBe(ASKED);
    expect(verdict(PRIVATE, { stated: ["Never open https://example.org/a"] })).toBe(ASKED);
  });

  it("takes the host for known when the owner wrote this very address, and no other", () => {
    expect(verdict(PRIVATE, { stated: ["Summarise https://example.org/a"] }, [])).toBe(ALLOWED);
    expect(verdict(PRIVATE, { stated: ["Summarise https://example.org/b"] }, [])).toBe("ask fetch.untrusted-context");
  });

  it("runs where a grant fixes the exact address, not where it only narrows it", () => {
    expect(verdict(PRIVATE, {}, [HOST_IN, { kind: "equals", argument: "url", value: PAGE.url }])).toBe(ALLOWED);
    expect(
      verdict(PRIVATE, {}, [HOST_IN, { kind: "matches", argument: "url", pattern: "https://example.org/*" }]),
    ).toBe(ASKED);
  });

  it("runs where a grant lets every source go to that host", () => {
    const to = "example.org:443";
    expect(verdict(PRIVATE, { release: [{ source: "any", to }] })).toBe(ALLOWED);
    expect(verdict(PRIVATE, { release: [{ source: "any", to: "public" }] })).toBe(ALLOWED);
    expect(
      verdict(PRIVATE, {
        release: [
          { source: PAGE_SOURCE, to },
          { source: NOTE_SOURCE, to },
        ],
      }),
    ).toBe(ALLOWED);
    expect(
      verdict(PRIVATE, {
        release: [
          { source: PAGE_SOURCE, to },
          { source: NOTE_SOURCE, to: "public" },
        ],
      }),
    ).toBe(ALLOWED);
  });

  it.each<readonly [string, NonNullable<Capability["release"]>]>([
    ["of one source alone", [{ source: PAGE_SOURCE, to: "example.org:443" }]],
    ["to another host", [{ source: "any", to: "example.com:443" }]],
    ["to another port", [{ source: "any", to: "example.org:8443" }]],
    [
      "of a source of another kind",
      [PAGE_SOURCE, { kind: "host" as const, ref: "notes/a.txt" }].map((source) => ({ source, to: "public" })),
    ],
    ["of nothing", []],
  ])("asks beside a release %s", (_, release) => {
    expect(verdict(PRIVATE, { release })).toBe(ASKED);
  });

  it("releases no data of unknown origin by naming sources", () => {
    const nowhere = label("untrusted", [OWNER.id], []);
    expect(verdict(nowhere, { release: [{ source: PAGE_SOURCE, to: "public" }] })).toBe(ASKED);
    expect(verdict(nowhere, { release: [{ source: "any", to: "public" }] })).toBe(ALLOWED);
  });

  it("takes one capability for all of it: host from one and release from another make no whole", () => {
    const capabilities = [
      capabilityOf("web.fetch", [HOST_IN]),
      capabilityOf("web.fetch", [], { release: [{ source: "any", to: "public" }] }),
    ];
    expect(say(decide(inputOf(labelled("web.fetch", PRIVATE), { resources: EXAMPLE, capabilities })))).toBe(ASKED);
  });

  it("is free of all this with nothing untrusted in view", () => {
    expect(verdict(label("authority", [OWNER.id]))).toBe(ALLOWED);
  });
});

describe("a message with untrusted content in view", () => {
  const verdict = (
    of: Label,
    {
      to = recipientOf("bob@example.org"),
      stated = [],
      release,
      constraints = [TO_BOB],
    }: {
      to?: ResolvedResource | null;
      stated?: readonly string[];
      release?: Capability["release"];
      constraints?: readonly Constraint[];
    } = {},
  ) =>
    say(
      decide(
        inputOf(labelled("mail.send", of), {
          resources: to === null ? [] : [to],
          stated,
          capabilities: [capabilityOf("mail.send", constraints, release === undefined ? {} : { release })],
        }),
      ),
    );
  const ALLOWED = "allow send.capability";
  const CONTENT = "ask send.untrusted-content";
  const CONTEXT = "ask send.untrusted-context";

  it("asks about the recipient unless the owner wrote it in that role or a grant bounds it", () => {
    const open = { constraints: [], release: [{ source: "any", to: "public" }] as const };
    expect(verdict(PRIVATE, open)).toBe(CONTEXT);
    expect(verdict(PRIVATE, { ...open, stated: ["Send it to bob@example.org"] })).toBe(ALLOWED);
    expect(verdict(PRIVATE, { ...open, stated: ["Read the mail from bob@example.org"] })).toBe(CONTEXT);
    expect(verdict(PRIVATE, { ...open, stated: ["Do not write to bob@example.org"] })).toBe(CONTEXT);
    expect(verdict(PRIVATE, { ...open, constraints: [TO_BOB] })).toBe(ALLOWED);
  });

  it("needs a capability even for a recipient that the owner wrote", () => {
    const call = labelled("mail.send", PRIVATE);
    expect(say(decide(inputOf(call, { stated: ["Send it to bob@example.org"] })))).toBe(CONTEXT);
  });

  it("asks about the text where the recipient may not know what was in view", () => {
    expect(verdict(PRIVATE)).toBe(CONTENT);
    expect(verdict(PRIVATE, { stated: ["Send it to bob@example.org"] })).toBe(CONTENT);
    expect(verdict(PRIVATE, { to: recipientOf("bob@example.org", [STRANGER.id]) })).toBe(CONTENT);
    expect(verdict(PRIVATE, { to: recipientOf("bob@example.org", []) })).toBe(CONTENT);
    expect(verdict(PRIVATE, { to: recipientOf("bob@example.org", "public") })).toBe(CONTENT);
    expect(verdict(PRIVATE, { to: null })).toBe(CONTENT);
  });

  it("runs where the recipient may know it, it is public, released, or nothing of it is in the message", () => {
    expect(verdict(PRIVATE, { to: recipientOf("bob@example.org", [OWNER.id]) })).toBe(ALLOWED);
    expect(verdict({ ...PRIVATE, readers: "public" })).toBe(ALLOWED);
    expect(verdict({ ...PRIVATE, readers: "public" }, { to: null })).toBe(ALLOWED);
    expect(verdict(PRIVATE, { release: [{ source: "any", to: "bob@example.org" }] })).toBe(ALLOWED);
    expect(verdict(PRIVATE, { release: [{ source: "any", to: "eve@evil.test" }] })).toBe(CONTENT);
    expect(verdict(PRIVATE, { to: null, release: [{ source: "any", to: "public" }] })).toBe(CONTENT);
    const fixed: readonly Constraint[] = [TO_BOB, { kind: "equals", argument: "text", value: MAIL.text }];
    expect(verdict(PRIVATE, { constraints: fixed })).toBe(ALLOWED);
  });
});

describe("the nearest grant", () => {
  const granting = (input: DecisionInput): Capability | null => {
    const verdict = decide(input);
    if (verdict.kind !== "ask" || verdict.nearest === null) return null;
    expect(verdict.question.grant).toEqual(verdict.nearest.constraints);
    return capabilityOf(verdict.nearest.tool, verdict.nearest.constraints, {
      permissions: verdict.nearest.permissions,
    });
  };
  const INPUTS: readonly (readonly [string, (of: Label) => DecisionInput])[] = [
    ["a fetch", (of) => inputOf(labelled("web.fetch", of), { resources: EXAMPLE })],
    [
      "a fetch from a granted host",
      (of) =>
        inputOf(labelled("web.fetch", of), {
          resources: EXAMPLE,
          capabilities: [capabilityOf("web.fetch", [HOST_IN])],
        }),
    ],
    ["a message", (of) => inputOf(labelled("mail.send", of), { resources: [recipientOf("bob@example.org")] })],
    [
      "a message to a granted recipient",
      (of) => inputOf(labelled("mail.send", of), { capabilities: [capabilityOf("mail.send", [TO_BOB])] }),
    ],
    ["a search", (of) => inputOf({ ...callOf("memory.search", { query: "a" }), label: of })],
    ["a note", (of) => inputOf({ ...callOf("file.append", { path: "a", text: "b" }), label: of })],
    ["an order", (of) => inputOf({ ...callOf("order.place", { to: "bob", amount: 5 }), label: of })],
    ["a post", (of) => inputOf({ ...callOf("post.plain", MAIL), label: of })],
  ];

  it.each(INPUTS)("for %s covers the next call like it, from every context", (_, inputFrom) => {
    for (const integrity of INTEGRITIES) {
      const input = inputFrom(label(integrity, [OWNER.id], [PAGE_SOURCE]));
      const granted = granting(input);
      if (granted === null) expect(decide(input).kind).toBe("allow");
      else expect(decide({ ...input, capabilities: [granted] }).kind).toBe("allow");
    }
  });

  it("names the host alone where nothing could be carried away, and the exact address where it could", () => {
    const constraintsFrom = (of: Label) =>
      granting(inputOf(labelled("web.fetch", of), { resources: EXAMPLE }))?.constraints;
    expect(constraintsFrom(label("authority", [OWNER.id]))).toEqual([HOST_IN]);
    expect(constraintsFrom(label("untrusted", "public"))).toEqual([HOST_IN]);
    expect(constraintsFrom(PRIVATE)).toEqual([HOST_IN, { kind: "equals", argument: "url", value: PAGE.url }]);
  });

  it("is none where no grant would do", () => {
    expect(granting(inputOf(callOf("note.burn", { path: "a" })))).toBeNull();
    expect(decide(inputOf(callOf("bank.pay", { to: "a", amount: 1 })))).toMatchObject({
      kind: "ask",
      nearest: null,
      question: { grant: [], scopes: ["once"] },
    });
  });
});
