import { ok } from "@moltbot/contracts";
import type {
  AuditDetails,
  AuditDetailsReader,
  AuditPort,
  AuditRecord,
  DataFlow,
  DataFlowReport,
  Instant,
  PrincipalId,
  Result,
} from "@moltbot/contracts";
import { FLOW_DATA, FLOW_WAYS } from "@moltbot/contracts";
import { EGRESS_EVENT } from "./record-connections.ts";

const PAGE = 1_000;
/** One report counts no more connections than this. */
const MOST_COUNTED = 20_000;

type Counted = { -readonly [Name in keyof DataFlow]: DataFlow[Name] } & { readonly names: Set<string> };

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);
const numberOf = (value: unknown): number => (typeof value === "number" ? value : 0);

const begun = ({ fields, at }: AuditRecord, host: string | null): Counted => ({
  host,
  way: FLOW_WAYS.find((way) => way === fields["way"]) ?? "tool",
  tool: textOf(fields["tool"]),
  data: FLOW_DATA.find((kind) => kind === fields["data"]) ?? "unknown",
  connections: 0,
  failed: 0,
  writing: 0,
  bytesOut: 0,
  bytesIn: 0,
  firstAt: at,
  lastAt: at,
  withSecret: 0,
  secrets: [],
  names: new Set(),
});

/** Adds a record to the flow it belongs to. The name of a secret is told to its owner, and the house's to all who see the flow. */
const addTo = (
  flow: Counted,
  { fields, at }: AuditRecord,
  details: AuditDetails | undefined,
  tellsName: boolean,
): void => {
  flow.connections += 1;
  if (fields["code"] !== null) flow.failed += 1;
  if (fields["method"] !== "read") flow.writing += 1;
  flow.bytesOut += numberOf(fields["bytesOut"]);
  flow.bytesIn += numberOf(fields["bytesIn"]);
  if (at < flow.firstAt) flow.firstAt = at;
  if (at > flow.lastAt) flow.lastAt = at;
  if (fields["secret"] === true) flow.withSecret += 1;
  if (tellsName && details?.["secret"] !== undefined) flow.names.add(details["secret"]);
};

/** Those of one person's, or of everybody's where `of` is null. */
const isOf = ({ fields }: AuditRecord, of: PrincipalId | null): boolean => of === null || fields["ownerId"] === of;

const flowsOf = (
  records: readonly AuditRecord[],
  details: ReadonlyMap<number, AuditDetails>,
  by: PrincipalId,
): readonly DataFlow[] => {
  const flows = new Map<string, Counted>();
  for (const record of records) {
    const opened = details.get(record.sequence);
    const host = opened?.["host"] ?? null;
    const { way, tool, data, ownerId } = record.fields;
    const key = JSON.stringify([host, way, tool, data]);
    const flow = flows.get(key) ?? begun(record, host);
    flows.set(key, flow);
    addTo(flow, record, opened, ownerId === by || ownerId === null);
  }
  return [...flows.values()]
    .map(({ names, ...flow }) => ({ ...flow, secrets: [...names].toSorted() }))
    .toSorted((a, b) => b.bytesOut - a.bytesOut || (a.lastAt < b.lastAt ? 1 : -1));
};

/**
 * Which host received what kind of data since an instant: of one person's, or with `of` null of everybody's, where nobody is told
 * whose it was. `by` is who asks. Built from the records of connections alone.
 */
export const reportFlows = async (
  audit: Pick<AuditPort, "query"> & AuditDetailsReader,
  { since, of, by }: { readonly since: Instant; readonly of: PrincipalId | null; readonly by: PrincipalId },
): Promise<Result<DataFlowReport>> => {
  const found: AuditRecord[] = [];
  let before: number | undefined;
  let complete = false;
  while (!complete && found.length < MOST_COUNTED) {
    const query = { event: EGRESS_EVENT, from: since, ...(of === null ? {} : { person: of }) };
    const page = await audit.query(query, PAGE, before);
    if (!page.ok) return page;
    found.push(...page.value.filter((record) => isOf(record, of)));
    complete = page.value.length < PAGE;
    before = page.value.at(-1)?.sequence;
  }
  const details = await audit.detailsOf(found);
  return details.ok ? ok({ since, flows: flowsOf(found, details.value, by), complete }) : details;
};
