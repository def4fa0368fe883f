import { lastRequests, requestsFor } from "./make-requests.ts";
import type { WireRequest } from "./make-requests.ts";
import { unexplained } from "./explained.ts";
import type { Finding } from "./explained.ts";
import { createKnown } from "./furnish-house.ts";
import type { Furnished, Known } from "./furnish-house.ts";
import { jsonOf } from "./judge-answer.ts";
import { diceOf } from "./make-values.ts";
import { readDocument } from "./read-document.ts";
import type { ApiDocument, ApiOperation } from "./read-document.ts";
import type { WireAnswer } from "./send-request.ts";
import { createValidators } from "./validate.ts";
import type { Validators } from "./validate.ts";

export interface Run {
  readonly requests: number;
  readonly operations: number;
  /** Operation × class pairs with at least one request. */
  readonly cells: number;
  readonly statuses: ReadonlyMap<number, number>;
  readonly findings: readonly Finding[];
  /** Operations that were never done, because each request was refused. */
  readonly neverDone: readonly string[];
}

/** How one run sends and judges. */
export interface Way {
  readonly seed: number;
  readonly most: number;
  readonly send: (request: WireRequest) => Promise<WireAnswer | string>;
  readonly judge: (
    document: ApiDocument,
    validators: Validators,
    request: WireRequest,
    answer: WireAnswer | string,
  ) => readonly string[];
  /** The only operations that are tried; all of them when left out. */
  readonly only?: (operation: ApiOperation) => boolean;
  /** Requests that cannot go this way. */
  readonly skips?: (request: WireRequest) => boolean;
}

/** What ends the house for everybody comes last. */
const LAST = "vault.lock";
const ENDINGS = ["people.transfer", "system.stop", "system.resume", LAST];

/** What only reads comes first, then what makes, so that there is something to ask for, and what takes away comes late. */
const inOrder = (operations: readonly ApiOperation[]): readonly ApiOperation[] => {
  const rank = ({ id, method, path, effect }: ApiOperation): number => {
    if (ENDINGS.includes(id)) return 100 + ENDINGS.indexOf(id);
    if (method === "DELETE") return 10;
    if (effect === "read") return path.includes("{") ? 8 : 0;
    return (method === "POST" ? 1 : 5) + (effect === "commit" ? 0 : 1);
  };
  return operations.toSorted((a, b) => rank(a) - rank(b));
};

const look = async (operations: readonly ApiOperation[], known: Known, { url, token }: Furnished): Promise<void> => {
  const lists = operations.filter(
    ({ method, path, parameters }) =>
      method === "GET" &&
      path !== "/v2/events" &&
      parameters.every(({ required, in: place }) => !required && place !== "path"),
  );
  for (const operation of lists) {
    const answer = await fetch(`${url}${operation.path}`, { headers: token });
    if (answer.ok) known.learn(operation, jsonOf(await answer.text()));
    else await answer.body?.cancel();
  }
};

/** Tries every operation of the document that the house hands out, in every class. */
export const runRequests = async (furnished: Furnished, way: Way): Promise<Run> => {
  const document = readDocument(furnished.document);
  const validators = createValidators(document);
  const known = createKnown(document.operations, furnished.kept);
  for (const [name, value] of furnished.words) known.add(name, value);
  const statuses = new Map<number, number>();
  const findings: Finding[] = [];
  const cells = new Set<string>();
  const done = new Set<string>();
  let requests = 0;
  for (const [at, operation] of inOrder(document.operations).entries()) {
    if (way.only?.(operation) === false) continue;
    await look(document.operations, known, furnished);
    const wish = {
      operation,
      validators,
      making: { whole: document.whole, known: known.of, dice: diceOf(way.seed * 1_000 + at) },
      // Signing out ends a session; with a token there is nothing to end.
      credential:
        operation.id === "sessions.end" || !operation.ways.includes("session") ? furnished.token : furnished.session,
      most: way.most,
    };
    const taken = new Set(
      document.operations.filter(({ path }) => pathFits(path, operation.path)).map(({ method }) => method),
    );
    const all = operation.id === LAST ? lastRequests(wish, taken) : requestsFor(wish, taken);
    for (const request of all) {
      if (way.skips?.(request) === true) continue;
      const answer = await way.send(request);
      requests += 1;
      cells.add(`${operation.id} ${request.class}`);
      if (typeof answer !== "string") {
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        if (answer.status < 300 && request.method === operation.method && request.class !== "addresses") {
          done.add(operation.id);
          known.learn(operation, jsonOf(answer.text));
        }
      }
      for (const says of way.judge(document, validators, request, answer))
        findings.push({ operation: operation.id, class: request.class, label: request.label, says });
    }
  }
  return {
    requests,
    operations: document.operations.length,
    cells: cells.size,
    statuses,
    findings,
    neverDone: document.operations.map(({ id }) => id).filter((id) => !done.has(id)),
  };
};

/** Whether what one path names may be what the other does. */
const pathFits = (one: string, other: string): boolean =>
  new RegExp(`^${one.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(other);

/** What nothing explains, findings of one kind on one line, so that a failure can be read. */
export const linesOf = ({ findings }: Run): readonly string[] => {
  const kinds = new Map<string, string[]>();
  for (const { operation, class: kind, label, says } of unexplained(findings)) {
    const key = `${kind}: ${says.slice(0, 400)}`;
    kinds.set(key, [...(kinds.get(key) ?? []), `${operation} <${label}>`]);
  }
  return [...kinds].map(([kind, where]) => `${String(where.length)} × ${kind} at ${where.slice(0, 4).join(", ")}`);
};
