import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OPERATION_NAMES } from "@moltbot/contracts";
import { unexplained } from "./explained.ts";
import { furnishHouse } from "./furnish-house.ts";
import type { Furnished } from "./furnish-house.ts";
import { findingsIn } from "./judge-answer.ts";
import type { WireRequest } from "./make-requests.ts";
import { readDocument } from "./read-document.ts";
import { linesOf, runRequests } from "./run-requests.ts";
import type { Run, Way } from "./run-requests.ts";
import { sendRequest } from "./send-request.ts";
import type { WireAnswer } from "./send-request.ts";

/** The same requests again for the same seed. */
const SEED = 6;
const MOST = 60;

/** Who is nobody comes from another address each time: what is tried here is not how often somebody may guess. */
const senderTo = (furnished: Furnished): Way["send"] => {
  let sent = 0;
  return (request) => {
    sent += 1;
    const isStranger = request.class === "credentials" || request.operation.ways.length === 0;
    const address = isStranger ? `127.9.${String((sent >> 7) & 0x7f)}.${String(1 + (sent & 0x7f))}` : "127.0.0.1";
    return sendRequest(furnished.url, request, address);
  };
};

const countsOf = (run: Run): string =>
  [...run.statuses]
    .toSorted(([a], [b]) => a - b)
    .map(([status, count]) => `${String(status)} ${String(count)}`)
    .join(", ");

describe("generated requests against our own document", { timeout: 300_000 }, () => {
  let furnished: Furnished;
  beforeAll(async () => {
    furnished = await furnishHouse();
  }, 60_000);
  afterAll(() => furnished.close());

  it("has every operation of the registry to try", () => {
    const ids = readDocument(furnished.document).operations.map(({ id }) => id);
    expect(OPERATION_NAMES.filter((name) => !ids.includes(name))).toEqual([]);
  });

  it("gets the answers that the document promises, and lets nothing in that it does not allow", async () => {
    const began = performance.now();
    const run = await runRequests(furnished, { seed: SEED, most: MOST, send: senderTo(furnished), judge: findingsIn });
    const left = unexplained(run.findings);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    process.stdout.write(
      `api requests: ${String(run.requests)} to ${String(run.operations)} operations in ${String(run.cells)} pairs of operation and class, ` +
        `${String(run.findings.length)} remarks, ${String(left.length)} unexplained, ${seconds} s (${countsOf(run)})\n` +
        `never done: ${run.neverDone.join(", ")}\n`,
    );
    expect(linesOf(run)).toEqual([]);
    expect(run.requests).toBeGreaterThan(8_000);
    expect(run.neverDone.length).toBeLessThan(run.operations / 5);
  });
});

describe("unplug: what the judge of answers keeps", { timeout: 300_000 }, () => {
  let furnished: Furnished;
  beforeAll(async () => {
    furnished = await furnishHouse();
  }, 60_000);
  afterAll(() => furnished.close());

  /** Findings at a gateway that answers otherwise than ours. */
  const findingsWith = async (
    change: (answer: WireAnswer, request: WireRequest) => WireAnswer,
  ): Promise<readonly string[]> => {
    const send = senderTo(furnished);
    const run = await runRequests(furnished, {
      seed: SEED,
      most: 4,
      send: async (request) => {
        const answer = await send(request);
        return typeof answer === "string" ? answer : change(answer, request);
      },
      judge: findingsIn,
      only: ({ id }) => id === "agents.list",
    });
    return unexplained(run.findings).map(({ says }) => says);
  };

  it("finds nothing at ours", async () => {
    expect(await findingsWith((answer) => answer)).toEqual([]);
  });

  it("finds a field that the document does not know, and one that is missing", async () => {
    const more = await findingsWith((answer) => ({ ...answer, text: answer.text.replaceAll('"name"', '"nickname"') }));
    expect(more.some((says) => says.startsWith("the answer does not fit"))).toBe(true);
  });

  it("finds a failure, a wrong media type, a status and a code that nobody promised", async () => {
    const failed = await findingsWith((answer) => ({ ...answer, status: answer.status < 300 ? 500 : answer.status }));
    expect(failed).toContain("a failure: 500");
    const plain = await findingsWith((answer) => ({
      ...answer,
      headers: { ...answer.headers, "content-type": "text/plain" },
    }));
    expect(plain.some((says) => says.includes("text/plain is not in the document"))).toBe(true);
    const accepted = await findingsWith((answer) => ({
      ...answer,
      status: answer.status === 200 ? 204 : answer.status,
    }));
    expect(accepted.some((says) => says.startsWith("204 "))).toBe(true);
    const coded = await findingsWith((answer) => ({
      ...answer,
      text: answer.text.replaceAll('"code":"', '"code":"X_'),
    }));
    expect(coded.some((says) => says.startsWith("a code that the document does not know"))).toBe(true);
  });

  it("finds a stranger who was let in, and a stack that got out", async () => {
    const open = await findingsWith((answer) =>
      answer.status === 401 ? { ...answer, status: 200, text: "[]" } : answer,
    );
    expect(open).toContain("let in: 200 undefined");
    const stack = await findingsWith((answer) => ({
      ...answer,
      text: `${answer.text}\n    at run (/app/packages/a.ts:1)`,
    }));
    expect(stack).toContain("shows where our code lies");
  });
});
