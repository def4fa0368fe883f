import { createCipheriv, createHash, createHmac, hkdfSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createBackup, verifyBackup } from "./index.ts";
import { AT, ID, KEY, folder, must, removeFolders, snapshotOf, sourceOf, wishFor } from "./testing/small-backup.ts";

afterEach(removeFolders);

const SALT = new Uint8Array(32).map((_, at) => at);
/** Frame n is sealed under the nonce n: for this vector alone. */
const nonceOf = (index: number): Buffer => {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(index, 8);
  return nonce;
};

const sealed = (key: Uint8Array, index: number, plain: Uint8Array | string, aad: Uint8Array | string): Buffer => {
  const cipher = createCipheriv("aes-256-gcm", key, nonceOf(index), { authTagLength: 16 });
  cipher.setAAD(Buffer.from(aad));
  const body = Buffer.concat([cipher.update(Buffer.from(plain)), cipher.final()]);
  return Buffer.concat([Buffer.of(1), nonceOf(index), body, cipher.getAuthTag()]);
};

/** The file as docs/security/backup-format.md describes it, written down a second time and without our code. */
const asDocumented = (): Buffer => {
  const vault = createHmac("sha256", KEY).update("moltbot:backup-vault:v1").digest("hex").slice(0, 32);
  const header = Buffer.from(
    `{"createdAt":"${AT}","engine":"sqlite","generation":3,"id":"${ID}","schema":7,"vault":"${vault}"}`,
  );
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  const prefix = Buffer.concat([Buffer.from("MOLTBKUP"), Buffer.of(0, 1), SALT, length, header]);
  const key = new Uint8Array(hkdfSync("sha256", KEY, SALT, "moltbot:backup:v1", 32));
  const prefixHash = createHash("sha256").update(prefix).digest();
  let chain = prefixHash;
  const frames: Buffer[] = [];
  const frame = (kind: number, plain: string): void => {
    const aad = `moltbot:backup:v1\n${prefixHash.toString("hex")}\n${String(frames.length)}\n${String(kind)}`;
    const body = sealed(key, frames.length, plain, aad);
    const head = Buffer.alloc(5);
    head[0] = kind;
    head.writeUInt32BE(body.length, 1);
    frames.push(Buffer.concat([head, body]));
    chain = createHash("sha256")
      .update(chain)
      .update(frames.at(-1) ?? "")
      .digest();
  };
  frame(1, '{"columns":["id","name"],"table":"people"}\n["p1",{"b":"AP8H"}]\n["p2",null]\n');
  frame(1, '{"columns":["n","word"],"table":"things"}\n[1,"dé\\n\\"x\\""]\n[-2.5,""]\n');
  frame(1, '{"columns":["id"],"table":"nothing"}\n');
  frame(2, '{}\n{"record":1}\n{"record":2}\n');
  frame(3, '{"last":true,"path":"ab/cdef"}\nsealed bytes');
  frame(4, '{"last":true,"path":"moltbot.json5"}\n{}');
  frame(
    5,
    `{"attachments":1,"auditRecords":2,"chain":"${chain.toString("hex")}","files":1,"frames":6,"rows":{"nothing":0,"people":2,"things":2}}\n`,
  );
  return Buffer.concat([prefix, ...frames]);
};

describe("the format of a backup", () => {
  it("is written byte for byte as it is documented", async () => {
    const file = join(folder(), "vector.backup");
    let index = 0;
    const seal = (key: Uint8Array, plain: string | Uint8Array, aad: string | Uint8Array) =>
      sealed(key, index++, plain, aad);
    const sealing = {
      seal,
      open: () => {
        throw new Error("nothing is read");
      },
    };
    must(await createBackup(wishFor(file, { salt: SALT, sealing, source: sourceOf({ snapshot: snapshotOf() }) })));
    const written = readFileSync(file);
    expect(written.equals(asDocumented())).toBe(true);
    expect(createHash("sha256").update(written).digest("hex")).toBe(
      "a1969bb2a84ea1dc50b605cf9b638a9b8ef578f45bd82b1e2c43d669b29b5661",
    );
  });

  it("is read as it is documented", async () => {
    const file = join(folder(), "vector.backup");
    writeFileSync(file, asDocumented());
    expect(must(await verifyBackup(file, KEY))).toMatchObject({ ok: true, rows: 4, auditRecords: 2, attachments: 1 });
  });
});
