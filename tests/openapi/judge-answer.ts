import type { WireRequest } from "./make-requests.ts";
import type { ApiDocument } from "./read-document.ts";
import type { WireAnswer } from "./send-request.ts";
import type { Validators } from "./validate.ts";

/** Codes that say that a request has not the form that the document gives it. */
const FORM_CODES: ReadonlySet<string> = new Set(["REQUEST_INVALID", "REQUEST_NOT_JSON", "REQUEST_TOO_LARGE"]);
const NOT_LET_IN: ReadonlySet<number> = new Set([400, 401, 403, 421, 429]);

/** What no answer may hold: where our code lies. Packages of plugins have a path of the API. */
const INSIDES = /\n\s+at |node_modules|\.ts:\d+|(?<!\/v2)\/packages\//;

/** The value of a JSON text; undefined where it is none. */
export const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const fieldOf = (json: unknown, key: string): unknown =>
  typeof json === "object" && json !== null && key in json ? (json as Record<string, unknown>)[key] : undefined; // has it

/** The code of a refusal, in our form or in OpenAI's. */
const codeOf = (json: unknown): unknown => fieldOf(json, "code") ?? fieldOf(fieldOf(json, "error"), "code");
const wordsOf = (json: unknown): unknown => fieldOf(json, "detail") ?? fieldOf(fieldOf(json, "error"), "message");

const headerFindings = ({ status, headers }: WireAnswer): readonly string[] => [
  ...(headers["x-content-type-options"] === "nosniff" ? [] : ["no nosniff"]),
  ...(headers["x-powered-by"] === undefined && headers["server"] === undefined ? [] : ["names its software"]),
  ...(status === 401 && headers["www-authenticate"] === undefined ? ["401 without WWW-Authenticate"] : []),
  ...((status === 429 || status === 503) && headers["retry-after"] === undefined ? ["no Retry-After"] : []),
];

const problemFindings = (document: ApiDocument, { status }: WireAnswer, json: unknown): readonly string[] => {
  const code = codeOf(json);
  const due = typeof code === "string" ? document.codes.get(code) : undefined;
  if (due === undefined) return [`a code that the document does not know: ${String(code)}`];
  return [
    ...(due === status ? [] : [`${String(code)} by ${String(status)}, not ${String(due)}`]),
    ...((fieldOf(json, "status") ?? status) === status ? [] : ["another status in the body"]),
    ...(code === "INTERNAL" ? ["INTERNAL"] : []),
  ];
};

const mediaTypeOf = ({ headers }: WireAnswer): string => (headers["content-type"] ?? "").split(";")[0]?.trim() ?? "";

const bodyFindings = (
  document: ApiDocument,
  validators: Validators,
  request: WireRequest,
  answer: WireAnswer,
): readonly string[] => {
  if (request.method === "HEAD") return answer.text === "" ? [] : ["a body after HEAD"];
  const mediaType = mediaTypeOf(answer);
  const validate = validators.answer(request.operation, answer.status, mediaType);
  // What another path or method answers, no operation of the document promised.
  const elsewhere = request.class === "addresses" || request.class === "methods";
  if (validate === undefined) {
    if (elsewhere && answer.status < 400) return [];
    return [`${String(answer.status)} ${mediaType} is not in the document`];
  }
  if (mediaType === "text/event-stream") return [];
  const json = jsonOf(answer.text);
  if (json === undefined) return ["not JSON"];
  const wrong = elsewhere && answer.status < 400 ? null : validate(json);
  return [
    ...(wrong === null ? [] : [`the answer does not fit:${wrong}`]),
    ...(answer.status >= 400 ? problemFindings(document, answer, json) : []),
  ];
};

const outcomeFindings = ({ expected }: WireRequest, answer: WireAnswer): readonly string[] => {
  const { status } = answer;
  const json = jsonOf(answer.text);
  const code = String(codeOf(json));
  const was = `${String(status)} ${code}`;
  switch (expected) {
    case "fits":
      return FORM_CODES.has(code) ? [`the document allows it: ${was} ${String(wordsOf(json))}`] : [];
    case "misfits":
      return status >= 400 && status < 500 ? [] : [`the document does not allow it: ${was}`];
    case "stranger":
      return NOT_LET_IN.has(status) ? [] : [`let in: ${was}`];
    case "not JSON":
      return FORM_CODES.has(code) || status === 429 ? [] : [`read as JSON: ${was}`];
    case "no method":
      return status === 405 && answer.headers["allow"] !== undefined ? [] : [`a method too many: ${was}`];
    case "any":
      return [];
  }
};

/** What is wrong with an answer: with its form, by the document, and with what came of the request. */
export const findingsIn = (
  document: ApiDocument,
  validators: Validators,
  request: WireRequest,
  answer: WireAnswer | string,
): readonly string[] => {
  if (typeof answer === "string") return [`no answer: ${answer}`];
  const stream = mediaTypeOf(answer) === "text/event-stream";
  return [
    ...(answer.complete || stream ? [] : ["cut"]),
    ...(answer.status >= 500 ? [`a failure: ${String(answer.status)}`] : []),
    ...(INSIDES.test(answer.text) ? ["shows where our code lies"] : []),
    ...headerFindings(answer),
    ...bodyFindings(document, validators, request, answer),
    ...outcomeFindings(request, answer),
  ];
};
