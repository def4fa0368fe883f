import { candidatesFor, valueFor } from "./make-values.ts";
import type { Dice, Making } from "./make-values.ts";
import type { ApiOperation, ApiParameter } from "./read-document.ts";
import type { Validators } from "./validate.ts";

/** What a request tries. */
export const REQUEST_CLASSES = [
  "valid",
  "values",
  "parameters",
  "addresses",
  "bytes",
  "media types",
  "credentials",
  "methods",
] as const;
export type RequestClass = (typeof REQUEST_CLASSES)[number];

/**
 * What has to come of it: "fits" is not refused for its form, "misfits" is refused, "stranger" is not let in, "not JSON" is refused as
 * such, "no method" is refused with the methods there are; of the rest only the form of the answer is held against the document.
 */
export type Expected = "fits" | "misfits" | "stranger" | "not JSON" | "no method" | "any";

export interface WireRequest {
  readonly operation: ApiOperation;
  readonly class: RequestClass;
  readonly label: string;
  readonly method: string;
  /** Path and query as they go over the wire. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | null;
  readonly expected: Expected;
}

export interface Wish {
  readonly operation: ApiOperation;
  readonly validators: Validators;
  readonly making: Making;
  /** The headers of somebody who may. */
  readonly credential: Readonly<Record<string, string>>;
  /** The most requests that try values of bodies, and as many of parameters. */
  readonly most: number;
}

const JSON_TYPE = { "content-type": "application/json" };

type Parts = {
  readonly path: Readonly<Record<string, string>>;
  readonly query: readonly (readonly [string, string])[];
};

/** Text as it stands in an address; half a character has no form there. */
const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());
const targetOf = ({ path }: ApiOperation, parts: Parts): string => {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_all, key: string) => encoded(parts.path[key] ?? ""));
  const query = parts.query.map(([key, value]) => `${encoded(key)}=${encoded(value)}`).join("&");
  return query === "" ? filled : `${filled}?${query}`;
};
const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

const partsFor = ({ operation, making }: Wish, all: boolean): Parts => {
  const valueOf = ({ name, schema }: ApiParameter): string => textOf(valueFor(schema, making, name));
  const inPlace = (place: ApiParameter["in"]): readonly ApiParameter[] =>
    operation.parameters.filter((one) => one.in === place && (one.required || all));
  return {
    path: Object.fromEntries(inPlace("path").map((one) => [one.name, valueOf(one)])),
    query: inPlace("query").map((one) => [one.name, valueOf(one)]),
  };
};

const fitsQuery = ({ operation, validators }: Wish, { path, query }: Parts): boolean =>
  operation.parameters.every((parameter) => {
    const validate = validators.parameter(operation, parameter);
    if (parameter.in === "header") return true;
    const given = parameter.in === "path" ? path[parameter.name] : query.find(([key]) => key === parameter.name)?.[1];
    // What is empty within a path is another path.
    if (parameter.in === "path" && given === "") return false;
    return given === undefined ? !parameter.required : validate(given) === null;
  });

/** What stands for a proof in a form that has three parts. */
const PROOF = "a.b.c";

const headersFor = ({ operation }: Wish): Readonly<Record<string, string>> =>
  Object.fromEntries(
    operation.parameters.flatMap(({ name, in: place, required }) =>
      place === "header" && required ? [[name.toLowerCase(), PROOF]] : [],
    ),
  );

const bodyFor = ({ operation, making }: Wish): unknown =>
  operation.body === null ? undefined : valueFor(operation.body.schema, making);

/** A request that the document allows, or as near to one as the dice came; `given`: with this body in the place of one by the dice. */
const sound = (wish: Wish, all = false, given: { readonly body?: unknown } = {}): WireRequest => {
  const { operation, validators, credential } = wish;
  const parts = partsFor(wish, all);
  const made = bodyFor(wish);
  const body = "body" in given ? given.body : made;
  const fits = fitsQuery(wish, parts) && (operation.body === null || validators.body(operation)(body) === null);
  return {
    operation,
    class: "valid",
    label: all ? "everything" : "what is required",
    method: operation.method,
    target: targetOf(operation, parts),
    headers: { ...credential, ...headersFor(wish), ...(operation.body === null ? {} : JSON_TYPE) },
    body: operation.body === null ? null : JSON.stringify(body),
    expected: fits ? "fits" : "misfits",
  };
};

/** So many of them, the same for the same dice, and in their order. */
const some = <T>(dice: Dice, from: readonly T[], most: number): readonly T[] => {
  if (from.length <= most) return from;
  const keep = new Set(
    from
      .map((_, at) => ({ at, by: dice() }))
      .toSorted((a, b) => a.by - b.by)
      .slice(0, most)
      .map(({ at }) => at),
  );
  return from.filter((_, at) => keep.has(at));
};

const valueRequests = (wish: Wish): readonly WireRequest[] => {
  const { operation, making, most } = wish;
  const { body } = operation;
  if (body === null) return [];
  const candidates = some(making.dice, [...candidatesFor(body.schema, making)], most);
  return candidates.map(({ label, value }) => ({
    ...sound(wish, false, { body: value }),
    class: "values",
    label,
  }));
};

const parameterRequests = (wish: Wish): readonly WireRequest[] => {
  const { operation, making, most } = wish;
  const whole = sound(wish);
  const changed = (label: string, parts: Parts, fits: boolean): WireRequest => ({
    ...whole,
    class: "parameters",
    label,
    target: targetOf(operation, parts),
    expected: fits && whole.expected === "fits" ? "fits" : "misfits",
  });
  const made = operation.parameters.flatMap((parameter) => {
    if (parameter.in === "header") return [];
    const base = partsFor(wish, false);
    const others = base.query.filter(([key]) => key !== parameter.name);
    const values = [...candidatesFor(parameter.schema, making, parameter.name)].map(({ value }) => textOf(value));
    const requests = [...new Set(values.map((value) => value.toWellFormed()))].map((value) => {
      const parts: Parts =
        parameter.in === "path"
          ? { ...base, path: { ...base.path, [parameter.name]: value } }
          : { ...base, query: [...others, [parameter.name, value]] };
      return changed(`${parameter.name}: ${JSON.stringify(value.slice(0, 24))}`, parts, fitsQuery(wish, parts));
    });
    if (parameter.in === "path") return requests;
    const value = base.query.find(([key]) => key === parameter.name)?.[1] ?? "1";
    const twice: Parts = { ...base, query: [...others, [parameter.name, value], [parameter.name, value]] };
    const as = (key: string): Parts => ({ ...base, query: [...others, [key, value]] });
    return [
      ...requests,
      changed(`${parameter.name} twice`, twice, false),
      changed(`${parameter.name}[]`, as(`${parameter.name}[]`), false),
      changed(`${parameter.name}[a]`, as(`${parameter.name}[a]`), false),
    ];
  });
  const base = partsFor(wish, false);
  const strange = (key: string): WireRequest => {
    const inQuery = operation.method === "GET" || operation.method === "DELETE";
    const request = changed(`unknown ${key}`, { ...base, query: [...base.query, [key, "1"]] }, false);
    return inQuery ? request : { ...request, expected: "any" };
  };
  return [...some(making.dice, made, most), ...["unknown", "__proto__", "constructor"].map(strange)];
};

/** Addresses that decode to nothing, to something else or to something very long. */
const ODD_ENDS = [
  "%",
  "%zz",
  "%ff",
  "%00",
  "%2e%2e%2f",
  "%c0%ae",
  "/",
  "//",
  "/..",
  ";a=b",
  "?",
  "#",
  "?a[b]=c&a=d",
  "?=",
  "?&&&",
];

const addressRequests = (wish: Wish): readonly WireRequest[] => {
  const whole = sound(wish);
  const at = (label: string, target: string): WireRequest => ({
    ...whole,
    class: "addresses",
    label,
    target,
    expected: "any",
  });
  return [
    ...ODD_ENDS.map((end) => at(`ends with ${end}`, `${whole.target}${end}`)),
    at("in capitals", whole.target.toUpperCase()),
    at("a long end", `${whole.target}${"a".repeat(4_000)}`),
    at("a long query", `${whole.target}${whole.target.includes("?") ? "&" : "?"}${"a=b&".repeat(1_000)}`),
  ];
};

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const byteRequests = (wish: Wish): readonly WireRequest[] => {
  if (wish.operation.body === null) return [];
  const whole = sound(wish);
  const text = String(whole.body);
  const cut = text.slice(0, -1);
  const bodies: readonly (readonly [string, Uint8Array | string, Expected])[] = [
    ["nothing", "", wish.operation.body.required ? "not JSON" : "any"],
    ["a blank", " ", "not JSON"],
    ["cut", cut, "not JSON"],
    ["more behind it", `${text}{}`, "not JSON"],
    ["a word", "seven", "not JSON"],
    ["a comment", `/* a */${text}`, "not JSON"],
    ["a trailing comma", `${cut},}`, "not JSON"],
    ["single quotes", "{'a':1}", "not JSON"],
    ["a number that is none", '{"a":NaN}', "not JSON"],
    ["an endless number", '{"a":1e999}', "misfits"],
    ["a list", `[${text}]`, "misfits"],
    ["a text", JSON.stringify(text), "misfits"],
    ["null", "null", wish.operation.body.required ? "misfits" : "any"],
    ["a prototype", '{"__proto__":{"a":1}}', "not JSON"],
    ["a constructor", '{"constructor":{"prototype":{"a":1}}}', "not JSON"],
    ["very deep", `{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}`, "misfits"],
    ["wide", `{${Array.from({ length: 5_000 }, (_, at) => `"k${String(at)}":1`).join(",")}}`, "misfits"],
    ["not UTF-8", new Uint8Array([...utf8(cut), 0xff, 0xfe, 0x7d]), "not JSON"],
    ["cut within a character", new Uint8Array([...utf8(`{"a":"`), 0xf0, 0x9f, 0xa6]), "not JSON"],
    ["UTF-16", new Uint8Array(Buffer.from(`\ufeff${text}`, "utf16le")), "not JSON"],
    ["a mark of byte order", utf8(`\ufeff${text}`), "any"],
  ];
  return bodies.map(([label, body, expected]) => ({ ...whole, class: "bytes", label, body, expected }));
};

const MEDIA_TYPES = [
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=a",
  "application/xml",
  "application/octet-stream",
  "application/jsonp",
  "application/vnd.a+json",
  "application",
  "a/b/c",
  ";",
  "application/json/../xml",
];

const mediaTypeRequests = (wish: Wish): readonly WireRequest[] => {
  const whole = sound(wish);
  const accepting = ["application/xml", "text/event-stream", "image/png;q=0", "*/*;q=oops", ""].map(
    (accept): WireRequest => ({
      ...whole,
      class: "media types",
      label: `accept ${accept}`,
      headers: { ...whole.headers, accept },
      expected: "any",
    }),
  );
  if (wish.operation.body === null) return accepting;
  const bare = Object.fromEntries(Object.entries(whole.headers).filter(([name]) => name !== "content-type"));
  const of = (label: string, headers: Readonly<Record<string, string>>, expected: Expected): WireRequest => ({
    ...whole,
    class: "media types",
    label,
    headers: { ...bare, ...headers },
    expected,
  });
  return [
    ...accepting,
    ...MEDIA_TYPES.map((type) => of(type, { "content-type": type }, "not JSON")),
    of("none", {}, "not JSON"),
    of("a charset", { "content-type": "application/json; charset=utf-8" }, "any"),
    of("another charset", { "content-type": "application/json; charset=utf-16" }, "any"),
    of("packed", { ...JSON_TYPE, "content-encoding": "gzip" }, "any"),
  ];
};

const credentialRequests = (wish: Wish): readonly WireRequest[] => {
  const { operation } = wish;
  const whole = sound(wish);
  const bare = Object.fromEntries(Object.entries(whole.headers).filter(([name]) => name === "content-type"));
  const as = (label: string, headers: Readonly<Record<string, string>>): WireRequest => ({
    ...whole,
    class: "credentials",
    label,
    headers: { ...bare, ...headers },
    expected: operation.ways.length === 0 ? "any" : "stranger",
  });
  return [
    as("none", {}),
    as("a wrong token", { authorization: `Bearer ${"a".repeat(43)}` }),
    as("a token of another kind", { authorization: "Basic YTpi" }),
    as("half a token", { authorization: "Bearer" }),
    as("a token of blanks", { authorization: "Bearer    " }),
    as("a long token", { authorization: `Bearer ${"a".repeat(8_000)}` }),
    as("a wrong cookie", { cookie: "moltbot_session=wrong" }),
    as("a device without a proof", { authorization: "DPoP a.b.c" }),
    as("a device with a wrong proof", { authorization: "DPoP a.b.c", dpop: "a.b.c" }),
    as("two at once", { ...whole.headers, cookie: "moltbot_session=wrong", authorization: "Bearer wrong" }),
    {
      ...as("a token in the address", {}),
      target: `${whole.target}${whole.target.includes("?") ? "&" : "?"}token=abc`,
    },
    { ...as("another site's page", { ...whole.headers, origin: "https://elsewhere.example" }), expected: "stranger" },
    { ...as("another host", { ...whole.headers, host: "elsewhere.example" }), expected: "stranger" },
  ];
};

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY"];

const methodRequests = (wish: Wish, taken: ReadonlySet<string>): readonly WireRequest[] =>
  // What HEAD is told elsewhere, GET of the same path is told too.
  (wish.operation.method === "HEAD" ? [] : METHODS)
    .filter((method) => !taken.has(method))
    .map((method) => ({
      ...sound(wish),
      class: "methods",
      label: method,
      method,
      body: null,
      headers: wish.credential,
      expected: "no method",
    }));

/** Every request that is tried on one operation; `taken` are the methods that its path has. */
export const requestsFor = (wish: Wish, taken: ReadonlySet<string>): readonly WireRequest[] => [
  ...validRequests(wish),
  ...byteRequests(wish),
  ...mediaTypeRequests(wish),
  ...credentialRequests(wish),
  ...methodRequests(wish, taken),
  ...addressRequests(wish),
  ...parameterRequests(wish),
  ...valueRequests(wish),
];

const validRequests = (wish: Wish): readonly WireRequest[] => [
  sound(wish),
  sound(wish),
  ...Array.from({ length: 4 }, () => sound(wish, true)),
];

/** Of an operation after which nobody answers any more: what must not get through, and then itself, once. */
export const lastRequests = (wish: Wish, taken: ReadonlySet<string>): readonly WireRequest[] => [
  ...credentialRequests(wish),
  ...methodRequests(wish, taken),
  sound(wish),
];
