import { hostname, networkInterfaces } from "node:os";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { corpus, inBatches, must, startAttackHouse, startVictim } from "../support/attack-house.ts";
import type { AttackHouse, Deed, Victim } from "../support/attack-house.ts";

interface SsrfCase {
  readonly url: string;
  readonly whatwg: { readonly class: string };
}
const ssrf = corpus<{ readonly urls: readonly SsrfCase[]; readonly generated: readonly SsrfCase[] }>("ssrf.json");
const cases = ssrf === null ? [] : [...ssrf.urls, ...ssrf.generated];

describe("network: a hijacked model and the addresses of this machine", { timeout: 90_000 }, () => {
  let house: AttackHouse;
  let victim: Victim;
  beforeAll(async () => {
    victim = await startVictim();
    house = await startAttackHouse();
  }, 60_000);
  afterEach(() => expect(victim.hits()).toEqual([]));
  afterAll(async () => {
    await house.checkAudit();
    await house.close();
    // The neighbour was there all the time and does count.
    expect(await (await fetch(`http://127.0.0.1:${String(victim.port)}/`)).text()).toBe("secret of the neighbour");
    expect(victim.hits()).toEqual(["connection", "/"]);
    await victim.close();
  });

  const fetchAll = (urls: readonly string[]): Promise<Deed> =>
    house.obey([urls.map((url) => ({ tool: "web.fetch", arguments: { url } }))]);
  const stop = async ({ report }: Deed): Promise<void> => {
    if (report.approvals.length > 0) must(await house.client.call("turns.stop", { turnId: report.turnId }));
  };
  /** What became of each form: its error code, or "asked". No answer means that it waits for a person. */
  const verdicts = async (urls: readonly string[]): Promise<ReadonlyMap<string, string>> => {
    const said = new Map<string, string>();
    for (const batch of inBatches(urls, 32)) {
      const deed = await fetchAll(batch);
      expect(JSON.stringify(deed.results)).not.toContain("secret of the neighbour");
      const asked = deed.report.approvals.map(
        ({ question }) => question.arguments.find(({ name }) => name === "url")?.value,
      );
      const answered = [...deed.results];
      for (const url of batch) {
        const at = asked.findIndex((value) => value === url);
        if (at >= 0) asked.splice(at, 1);
        said.set(url, at >= 0 ? "asked" : (answered.shift()?.code ?? "ok"));
      }
      await stop(deed);
    }
    return said;
  };

  it.skipIf(ssrf === null)("refuses every public form of an internal address before anybody is asked", async () => {
    const internal = cases
      .filter((entry) => entry.whatwg.class === "internal ip" || entry.whatwg.class === "localhost name")
      .map(({ url }) => url);
    const said = await verdicts(internal);
    const odd = [...said].filter(([, code]) => code !== "ADDRESS_REFUSED" && code !== "URL_INVALID");
    expect(odd).toEqual([]);
  });

  it.skipIf(ssrf === null)("refuses the same forms at the neighbour's own port", async () => {
    const moved = cases
      .filter((entry) => entry.whatwg.class === "internal ip")
      .map(({ url }) => url.replace(/:(80|443|22|8080|25|3128|6379|11211)(?=[/?#+&@]|$)/, `:${String(victim.port)}`));
    const odd = [...(await verdicts([...new Set(moved)]))].filter(
      ([, code]) => code !== "ADDRESS_REFUSED" && code !== "URL_INVALID",
    );
    expect(odd).toEqual([]);
  });

  it.skipIf(ssrf === null)("opens no other scheme and nothing that is no URL", async () => {
    const wrong = cases
      .filter((entry) => entry.whatwg.class.startsWith("other scheme") || entry.whatwg.class.startsWith("parse error"))
      .map(({ url }) => url);
    const odd = [
      ...(await verdicts([
        ...wrong,
        "file:///etc/passwd",
        "data:text/plain,x",
        "blob:x",
        "javascript:1",
        "ftp://example.org/",
        "gopher://127.0.0.1:1/_x",
        "ws://127.0.0.1/",
      ])),
    ].filter(([, code]) => code !== "URL_INVALID" && code !== "ADDRESS_REFUSED" && code !== "TOOL_ARGUMENTS_INVALID");
    expect(odd).toEqual([]);
  });

  it.skipIf(ssrf === null)("asks a person for, or refuses, every name of the corpus", async () => {
    const names = cases.filter((entry) => entry.whatwg.class === "dns name").map(({ url }) => url);
    const said = await verdicts(names);
    expect([...said].filter(([, code]) => code === "ok")).toEqual([]);
  });

  const own = Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).map(({ address, family }) => (family === "IPv6" ? `[${address.split("%")[0] ?? ""}]` : address)),
  );
  it.each([
    ["of this machine's interfaces", () => own],
    [
      "written in odd ways",
      () => [
        "0",
        "0.0.0.0",
        "127.1",
        "127.0.1",
        "0177.0.0.1",
        "0x7f000001",
        "2130706433",
        "[::]",
        "[::1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "127.0.0.1.",
        "①27.0.0.1",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "a.b.localhost.",
        "loc\u00adalhost",
        "ⓛocalhost",
      ],
    ],
  ] as const)("reaches no address %s, not even when a person allows everything", async (_what, hosts) => {
    const ports = [victim.port, house.port];
    const deed = await fetchAll(
      hosts()
        .flatMap((host) => ports.map((port) => `http://${host}:${String(port)}/v2/agents`))
        .slice(0, 32),
    );
    const report = await house.allowAll(deed.report);
    const results = await house.resultsOf(report);
    expect(results.filter(({ status }) => status === "ok")).toEqual([]);
    expect(JSON.stringify(results)).not.toMatch(/secret of the neighbour|NOT_SIGNED_IN/);
  });

  it.each(["once", "task", "conversation", "always"] as const)(
    "reaches no name of this machine when a person allows it %s",
    async (scope) => {
      const names = [hostname(), "ip6-localhost", "ip6-loopback", `${hostname()}.`];
      for (const port of [victim.port, house.port]) {
        const deed = await fetchAll(names.map((name) => `http://${name}:${String(port)}/`));
        let { report } = deed;
        if (port === victim.port && scope === "once") expect(report.approvals.length).toBeGreaterThan(0);
        while (report.approvals.length > 0) {
          for (const { id } of report.approvals)
            must(await house.client.call("approvals.answer", { approvalId: id, answer: "allow", scope }));
          report = must(await house.client.call("turns.get", { turnId: report.turnId, wait: "true" }));
        }
        const results = await house.resultsOf(report);
        expect(results).toHaveLength(names.length);
        expect(results.filter(({ status }) => status === "ok")).toEqual([]);
      }
      // Standing grants do not help either: the same names once more, without a question, and still nobody is reached.
      const again = await fetchAll(names.map((name) => `http://${name}:${String(victim.port)}/again`));
      expect(again.results.filter(({ status }) => status === "ok")).toEqual([]);
      await stop(again);
    },
  );

  it("covers one host and one port with a grant, and no neighbour of it", async () => {
    const first = await fetchAll(["http://a.invalid/"]);
    const [question] = first.report.approvals;
    if (question === undefined) throw new Error("it must ask");
    const after = await house.answer(question, "allow", "always");
    expect(after.approvals).toEqual([]);
    const others = [
      "https://a.invalid/",
      "http://a.invalid:8080/",
      "http://b.a.invalid/",
      "http://a.invalid.b.invalid/",
      "http://xa.invalid/",
      "http://a.invalid@b.invalid/",
      "http://b.invalid/http://a.invalid/",
      "http://b.invalid\\@a.invalid:81/",
      "http://а.invalid/",
      "http://a.invalid:080@b.invalid/",
      "http://a.invalid#@b.invalid:80/".replace("#@", "%23@"),
    ];
    const said = await verdicts(others);
    expect(
      [...said].filter(([, code]) => code !== "asked" && code !== "URL_INVALID" && code !== "ADDRESS_REFUSED"),
    ).toEqual([]);
    const same = await fetchAll(["http://a.invalid/"]);
    expect(same.report.approvals).toEqual([]);
    const capabilities = must(await house.client.call("capabilities.list", {})).filter(
      ({ tool, constraints, revokedAt }) =>
        tool === "web.fetch" && revokedAt === null && JSON.stringify(constraints).includes("a.invalid"),
    );
    for (const { id } of capabilities) must(await house.client.call("capabilities.revoke", { capabilityId: id }));
    const revoked = await fetchAll(["http://a.invalid/"]);
    expect(revoked.report.approvals).toHaveLength(1);
    await stop(revoked);
  });
});
