import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { furnishHouse } from "./furnish-house.ts";
import type { Furnished } from "./furnish-house.ts";
import { findingsIn } from "./judge-answer.ts";
import type { WireRequest } from "./make-requests.ts";
import { linesOf, runRequests } from "./run-requests.ts";
import type { Run } from "./run-requests.ts";
import { sendRequest } from "./send-request.ts";
import type { WireAnswer } from "./send-request.ts";
import { prismMissing, startPrism } from "./start-prism.ts";
import type { Prism } from "./start-prism.ts";

const missing = prismMissing();
if (missing !== null) process.stdout.write(`prism tests skipped: ${missing}\n`);

/** What the proxy says of itself, and what it says of others. */
const OF_PRISM = "https://stoplight.io/prism/errors#";
const OURS = /"location":\["response"/;

/** What the proxy faults in an answer of ours. */
const faultsIn = (answer: WireAnswer | string): readonly string[] => {
  if (typeof answer === "string") return [`no answer: ${answer}`];
  const violations = answer.headers["sl-violations"] ?? "";
  return [
    ...(answer.text.includes(`${OF_PRISM}VIOLATIONS`) ? [`faulted: ${answer.text.slice(0, 400)}`] : []),
    ...(OURS.test(violations) ? [`violations: ${violations.slice(0, 400)}`] : []),
  ];
};

/** The gateway's answer to what comes on a connection that it said it would close. */
const ON_A_CLOSED_CONNECTION = "it is not HTTP/1.1 as this server reads it";

/** Sends by the proxy; once more where it passed the request on over a connection that was over, so that nobody read it. */
const sendBy = async (prism: Prism, request: WireRequest): Promise<WireAnswer | string> => {
  const answer = await sendRequest(prism.url, request);
  const isUnread = typeof answer !== "string" && answer.text.includes(ON_A_CLOSED_CONNECTION);
  return isUnread ? sendRequest(prism.url, request) : answer;
};

/**
 * What the proxy itself cannot pass on: it decodes a body before it does anything else and never answers where it cannot, tidies up
 * addresses, waits for the end of a stream, and of a `null` where a body may be left out passes on the length alone.
 */
const cannotPass = ({ operation, class: kind, label, headers, body }: WireRequest): boolean =>
  (operation.body?.required === false && body?.toString() === "null") ||
  operation.id === "events.follow" ||
  kind === "methods" ||
  kind === "addresses" ||
  kind === "bytes" ||
  label === "another charset" ||
  headers["content-encoding"] !== undefined ||
  headers["host"] !== undefined;

describe.skipIf(missing !== null)("prism between generated requests and a gateway", { timeout: 300_000 }, () => {
  let furnished: Furnished;
  const proxies: Prism[] = [];
  const behind = async (options: readonly string[]): Promise<Prism> => {
    const prism = await startPrism(furnished.document, furnished.url, ["--verboseLevel", "fatal", ...options]);
    proxies.push(prism);
    return prism;
  };
  beforeAll(async () => {
    furnished = await furnishHouse();
  }, 60_000);
  afterAll(async () => {
    for (const prism of proxies) await prism.close();
    await furnished.close();
  });
  const tell = (name: string, run: Run): void => {
    process.stdout.write(
      `${name}: ${String(run.requests)} requests to ${String(run.operations)} operations in ${String(run.cells)} pairs, ${String(run.findings.length)} findings\n`,
    );
  };

  it("lets every request through that the document allows, and faults no answer to it", async () => {
    const prism = await behind(["--errors"]);
    const run = await runRequests(furnished, {
      seed: 7,
      most: 4,
      send: (request) => sendBy(prism, request),
      judge: (_document, _validators, _request, answer) => [
        ...faultsIn(answer),
        ...(typeof answer !== "string" && answer.text.includes(OF_PRISM)
          ? [`not passed on: ${answer.text.slice(0, 400)}`]
          : []),
      ],
      skips: (request) => cannotPass(request) || request.expected !== "fits" || request.operation.id === "vault.lock",
    });
    tell("prism proxy --errors", run);
    expect(linesOf(run)).toEqual([]);
    expect(run.requests).toBeGreaterThan(300);
  });

  it("faults no answer to what the document does not allow", async () => {
    const prism = await behind([]);
    const run = await runRequests(furnished, {
      seed: 8,
      most: 4,
      send: (request) => sendBy(prism, request),
      judge: (document, validators, request, answer) => [
        ...faultsIn(answer),
        // Where it has too much to say of a request, it gets to no word about the answer: then the other reader does.
        ...(typeof answer !== "string" && answer.headers["sl-violations"]?.startsWith("Too many") === true
          ? findingsIn(document, validators, request, answer).filter((says) =>
              /does not fit|in the document/.test(says),
            )
          : []),
      ],
      skips: (request) => cannotPass(request) || request.expected === "fits",
    });
    tell("prism proxy", run);
    expect(linesOf(run)).toEqual([]);
    expect(run.requests).toBeGreaterThan(1_000);
  });

  it("faults an answer that does not fit, at a gateway of another kind", async () => {
    const other = createServer((_, response) => {
      response.setHeader("content-type", "application/json").end('[{"id":"no id"}]');
    });
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", () => resolve()));
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const prism = await startPrism(furnished.document, `http://127.0.0.1:${String(port)}`, ["--errors"]);
    const answer = await sendRequest(prism.url, {
      method: "GET",
      target: "/v2/agents",
      headers: { authorization: "Bearer a" },
      body: null,
    });
    expect(faultsIn(answer).join(" ")).toContain("VIOLATIONS");
    await prism.close();
    other.close();
  });
});
