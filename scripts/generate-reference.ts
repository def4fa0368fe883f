/** Writes docs/reference from the code table, the operation registry and the schemas of plugins: `node scripts/generate-reference.ts`. A test compares. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  ERROR_CODES,
  ERROR_FAMILIES,
  ERROR_TABLE,
  EVENT_KINDS,
  OBJECT_TYPES,
  OPERATIONS,
  OPERATION_NAMES,
} from "@moltbot/contracts";
import type { ErrorFamily, ObjectType, OperationName } from "@moltbot/contracts";
import { openApiDocument } from "@moltbot/ingress/http";
import { GENERATED, table } from "./reference/markdown.ts";
import { pluginManifestPage } from "./reference/plugin-manifest.ts";

const root = join(import.meta.dirname, "..");
const version = (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }).version; // our own manifest

const familyTable = (family: ErrorFamily): string => {
  const rows = ERROR_CODES.filter((code) => ERROR_TABLE[code].family === family).map((code) => {
    const { http, exit, says, next } = ERROR_TABLE[code];
    return [`\`${code}\``, String(http), String(exit), says, next];
  });
  return [`## ${family}`, "", table(["code", "HTTP", "exit", "says", "next"], rows), ""].join("\n");
};

const errorsPage = (): string =>
  [
    GENERATED,
    "# Errors",
    "",
    "Every refusal and failure has a code. The API answers with a problem document (RFC 9457, `application/problem+json`) that holds the code, what happened, what to do next and the trace id; the command line prints the same and ends with the exit code.",
    "",
    ...ERROR_FAMILIES.map(familyTable),
  ].join("\n");

const inputOf = (name: OperationName): string =>
  Object.keys(OPERATIONS[name].input.shape)
    .map((key) => `\`${key}\``)
    .join(", ");

const objectTable = (object: ObjectType): string => {
  const names = OPERATION_NAMES.filter((name) => OPERATIONS[name].object === object);
  if (names.length === 0) return "";
  const rows = names.map((name) => {
    const { method, path, role, effect, status, summary } = OPERATIONS[name];
    const request = `\`${method} ${path}\``;
    return [`\`${name}\``, request, role ?? "nobody needed", effect, String(status), inputOf(name), summary];
  });
  return [
    `## ${object}`,
    "",
    table(["operation", "request", "role", "effect", "status", "input", "what it does"], rows),
    "",
  ].join("\n");
};

const apiPage = (): string =>
  [
    GENERATED,
    "# API",
    "",
    "`openapi.json` beside this page holds every schema; a running gateway serves it at `/v2/openapi.json`. Requests carry `Authorization: Bearer TOKEN`, or the session cookie of the web app. Path parameters stand in the path; the rest of the input is the query of GET and DELETE, or the JSON body.",
    "",
    ...OBJECT_TYPES.map(objectTable).filter((table) => table !== ""),
    "## Events",
    "",
    "`GET /v2/events` streams every event you may see as server-sent events (`event:` the name, `id:` for `Last-Event-ID`, `data:` the event as JSON). `messages.send` with `Accept: text/event-stream` streams the events of its turn and ends with `turn:report`, or with `problem`.",
    "",
    table(
      ["event", "version"],
      [
        ...Object.entries(EVENT_KINDS).map(([name, kind]) => [`\`${name}\``, String(kind.version)]),
        ["`turn:report`", "the last event of a streamed message: the turn's report"],
        ["`problem`", "the last event of a stream that was refused or failed: the problem document"],
        ["`stream:gap`", "events were missed: load the state again"],
        ["`stream:dropped`", "the client read too slowly and was dropped"],
        ["`stream:closing`", "the gateway shuts down: connect again later"],
      ],
    ),
    "",
  ].join("\n");

/** Every file of docs/reference with its text. */
export const referenceFiles = async (): Promise<Readonly<Record<string, string>>> => ({
  "errors.md": errorsPage(),
  "api.md": apiPage(),
  "plugin-manifest.md": await pluginManifestPage(),
  "openapi.json": `${JSON.stringify(openApiDocument(version), null, 2)}\n`,
});

if (import.meta.main) {
  mkdirSync(join(root, "docs", "reference"), { recursive: true });
  for (const [name, text] of Object.entries(await referenceFiles()))
    writeFileSync(join(root, "docs", "reference", name), text);
}
