import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";

/** What a name is answered with; addresses in any spelling that `node:net` knows. */
export type NameRecord =
  | { readonly type: "A" | "AAAA"; readonly address: string }
  | { readonly type: "CNAME"; readonly name: string };

/** For each name the answers to its first, second, … question of a type; the last one stands from then on. `*` is every other name. */
export type Names = Readonly<Record<string, readonly (readonly NameRecord[])[]>>;

export interface NameServer {
  readonly port: number;
  /** Every question so far: `A evil.example`. */
  readonly asked: readonly string[];
  /** Asks over the wire, by c-ares, for addresses of both kinds. */
  readonly lookup: (host: string) => Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Numbers of RFC 1035 and RFC 3596. */
const TYPES = { A: 1, CNAME: 5, AAAA: 28 } as const;
const HEADER_BYTES = 12;
const IN = 1;
const [NO_ERROR, NAME_ERROR] = [0, 3];

const nameBytes = (name: string): Buffer =>
  Buffer.concat([
    ...name.split(".").map((part) => Buffer.concat([Buffer.from([part.length]), Buffer.from(part, "latin1")])),
    Buffer.from([0]),
  ]);

/** The sixteen bytes of an address: the URL standard writes each of them in one way. */
const bytesOfV6 = (address: string): Buffer => {
  const [left = "", right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const parts = (text: string): readonly string[] => text.split(":").filter((part) => part !== "");
  const zeros = 8 - parts(left).length - parts(right ?? "").length;
  const all = [
    ...parts(left),
    ...Array.from({ length: right === undefined ? 0 : zeros }, () => "0"),
    ...parts(right ?? ""),
  ];
  return Buffer.from(all.map((part) => part.padStart(4, "0")).join(""), "hex");
};

const dataOf = (record: NameRecord): Buffer => {
  if (record.type === "CNAME") return nameBytes(record.name);
  return record.type === "A" ? Buffer.from(record.address.split(".").map(Number)) : bytesOfV6(record.address);
};

/** The first question of a message; null for what is none. */
const questionIn = (message: Buffer): { readonly name: string; readonly type: number; readonly end: number } | null => {
  if (message.length < HEADER_BYTES || message.readUInt16BE(4) < 1) return null;
  const parts: string[] = [];
  let at = HEADER_BYTES;
  for (;;) {
    const length = message[at] ?? 64;
    if (length > 63 || at + length + 1 > message.length) return null;
    if (length === 0) break;
    parts.push(message.toString("latin1", at + 1, at + 1 + length));
    at += length + 1;
  }
  if (at + 5 > message.length) return null;
  return { name: parts.join(".").toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
};

/** One resource record; nobody may keep it (TTL 0). */
const recordBytes = (owner: string, record: NameRecord): Buffer => {
  const data = dataOf(record);
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(TYPES[record.type], 0);
  fixed.writeUInt16BE(IN, 2);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([nameBytes(owner), fixed, data]);
};

/** An answer as a recursive server gives it: aliases first, then the addresses of the last of them. */
const answerTo = (message: Buffer, end: number, name: string, given: readonly NameRecord[] | null): Buffer => {
  let owner = name;
  const records = (given ?? []).map((record) => {
    const bytes = recordBytes(owner, record);
    if (record.type === "CNAME") owner = record.name;
    return bytes;
  });
  const header = Buffer.alloc(HEADER_BYTES);
  message.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8580 | (given === null ? NAME_ERROR : NO_ERROR), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, message.subarray(HEADER_BYTES, end), ...records]);
};

/** A name server of the attacker's on UDP; loopback and a free port unless it is told otherwise. */
export const startNameServer = async (
  names: Names | ((name: string, type: "A" | "AAAA" | "other") => Names[string] | undefined),
  where: { readonly address?: string; readonly port?: number } = {},
): Promise<NameServer> => {
  const asked: string[] = [];
  const times = new Map<string, number>();
  const script = typeof names === "function" ? names : (name: string) => names[name] ?? names["*"];
  const socket = createSocket(where.address?.includes(":") === true ? "udp6" : "udp4");
  socket.on("message", (message, from) => {
    const question = questionIn(message);
    if (question === null) return;
    const { name, type, end } = question;
    const kind = type === TYPES.A ? "A" : type === TYPES.AAAA ? "AAAA" : "other";
    const answers = script(name, kind);
    const line = `${kind} ${name}`;
    const nth = times.get(line) ?? 0;
    times.set(line, nth + 1);
    asked.push(line);
    const given = answers?.[Math.min(nth, answers.length - 1)];
    const fitting = given?.filter((record) => record.type === "CNAME" || TYPES[record.type] === type);
    socket.send(answerTo(message, end, name, fitting ?? null), from.port, from.address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(where.port ?? 0, where.address ?? "127.0.0.1", resolve);
  });
  const { port } = socket.address();
  const resolver = new Resolver({ timeout: 1_000, tries: 2 });
  resolver.setServers([`127.0.0.1:${String(port)}`]);
  return {
    port,
    asked,
    lookup: async (host) => {
      const both = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
      return both.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
    },
    close: () => new Promise((resolve) => void socket.close(() => resolve())),
  };
};
