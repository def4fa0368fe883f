import { describe, expect, it } from "vitest";
import { ERROR_CODES, OPERATIONS, OPERATION_NAMES } from "@moltbot/contracts";
import { openApiDocument } from "./openapi.ts";
import { ask, startServer } from "./testing/start-server.ts";

type Node = Readonly<Record<string, unknown>>;
const document = openApiDocument("1.2.3");
const at = (pointer: string): unknown =>
  pointer
    .slice(2)
    .split("/")
    .reduce<unknown>((node, key) => (node as Node | undefined)?.[key], document);
const references = (node: unknown): readonly string[] => {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === "$ref" && typeof value === "string" ? [value] : references(value),
  );
};

describe("the OpenAPI document", () => {
  it("holds every operation of the registry once, and no other under its path", () => {
    const written = Object.entries(
      document["paths"] as Record<string, Record<string, { operationId: string }>>,
    ).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => `${operationId} ${method.toUpperCase()} ${path}`),
    );
    const registry = OPERATION_NAMES.map((name) => `${name} ${OPERATIONS[name].method} ${OPERATIONS[name].path}`);
    const further = /^(events\.follow|(vault\.state|document|health|readiness)(\.head)?|openai\.\w+) /;
    expect(written.filter((line) => !further.test(line)).toSorted()).toEqual(registry.toSorted());
  });

  it("has no reference that leads nowhere", () => {
    const found = references(document);
    expect(found.length).toBeGreaterThan(50);
    expect(found.filter((reference) => at(reference) === undefined)).toEqual([]);
  });

  it("names every path parameter, and every code", () => {
    const get = at("#/paths") as Record<
      string,
      Record<string, { parameters: readonly { name: string; in: string }[] }>
    >;
    expect(
      get["/v2/conversations/{conversationId}/messages"]?.["get"]?.parameters.map(
        ({ name, in: where }) => `${where} ${name}`,
      ),
    ).toEqual(["path conversationId", "query head", "query limit"]);
    expect(Object.keys(document["x-errors"] as Node).toSorted()).toEqual([...ERROR_CODES].toSorted());
  });

  it("describes what stands inside a body, down to the limits of a grant", () => {
    const schema = at("#/paths") as Record<string, Record<string, { requestBody: Node }>>;
    const text = JSON.stringify(schema["/v2/approvals/{approvalId}/answer"]?.["post"]?.requestBody);
    expect(text).toContain('"const":"time-window"');
    expect(text).toContain('"$ref":"#/components/schemas/JsonValue"');
    expect(text).not.toContain("$defs");
  });

  it("calls nothing read-only that a caller sends, and wants something seen where blanks are taken off", () => {
    expect(JSON.stringify(document)).not.toContain('"readOnly"');
    const paths = at("#/paths") as Record<string, Record<string, { requestBody: Node }>>;
    expect(JSON.stringify(paths["/v2/canaries"]?.["post"]?.requestBody)).toContain('"pattern":"\\\\S"');
  });

  it("promises a form for every refusal and failure, and no other status", () => {
    const operations = Object.values(at("#/paths") as Record<string, Record<string, { responses: Node }>>).flatMap(
      (methods) => Object.values(methods),
    );
    expect(operations.length).toBeGreaterThan(OPERATION_NAMES.length);
    for (const { responses } of operations) {
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(["4XX", "5XX"]));
      expect(Object.keys(responses)).not.toContain("default");
    }
  });

  it("is what the server answers", async () => {
    const { server, port } = await startServer({ version: "1.2.3" });
    const answer = await ask({ port, path: "/v2/openapi.json" });
    expect(answer.json).toEqual(JSON.parse(JSON.stringify(document)));
    expect(answer.headers["content-type"]).toContain("application/json");
    await server.close();
  });
});
