import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sha256 } from "../crypto/index.ts";
import { consistencyProof, inclusionProof, verifyConsistency, verifyInclusion } from "./index.ts";
import { createFrontier, leafHash, nodeHash } from "./merkle-tree.ts";

const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const treeOf = (leaves: readonly Uint8Array[]) => {
  const tree = createFrontier();
  for (const leaf of leaves) tree.append(leaf);
  return tree;
};
const rootOf = (leaves: readonly Uint8Array[]): Uint8Array => treeOf(leaves).root();

/** The eight leaves and roots of the Certificate Transparency reference implementation. */
const INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
const leaves = INPUTS.map((input) => leafHash(Buffer.from(input, "hex")));

describe("the Merkle tree against the Certificate Transparency reference vectors", () => {
  it("hashes an empty tree as no bytes", () => {
    expect(toHex(createFrontier().root())).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });
  it.each(ROOTS.map((root, i) => [i + 1, root] as const))("has the published root with %i leaves", (size, root) => {
    expect(toHex(rootOf(leaves.slice(0, size)))).toBe(root);
  });
  it.each([
    [0, 1, []],
    [
      0,
      8,
      [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
      ],
    ],
    [
      5,
      8,
      [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      ],
    ],
    [2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]],
  ])("gives the published inclusion proof of leaf %i of %i", (index, size, proof) => {
    expect(inclusionProof(leaves.slice(0, size), index)?.map(toHex)).toEqual(proof);
  });
  it.each([
    [1, 1, []],
    [
      1,
      8,
      [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
      ],
    ],
    [
      6,
      8,
      [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      ],
    ],
    [
      2,
      5,
      [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
      ],
    ],
  ])("gives the published consistency proof from %i to %i leaves", (earlier, later, proof) => {
    expect(consistencyProof(leaves.slice(0, later), earlier)?.map(toHex)).toEqual(proof);
  });
});

const manyLeaves = fc
  .integer({ min: 1, max: 70 })
  .map((n) => Array.from({ length: n }, (_, i) => leafHash(`leaf ${i}`)));
const flip = (hash: Uint8Array): Uint8Array => hash.map((byte, i) => (i === 7 ? byte ^ 4 : byte));

describe("proofs", () => {
  it("show every leaf in every tree, and nothing else there", () => {
    fc.assert(
      fc.property(manyLeaves, fc.nat(), fc.nat(), (all, a, b) => {
        const index = a % all.length;
        const root = rootOf(all);
        const proof = inclusionProof(all, index) ?? [];
        const leaf = all[index] ?? root;
        const holds = (hash: Uint8Array, at: number, size: number, path: readonly Uint8Array[], to = root): boolean =>
          verifyInclusion(hash, at, size, path, to);
        expect(holds(leaf, index, all.length, proof)).toBe(true);
        expect(holds(flip(leaf), index, all.length, proof)).toBe(false);
        expect(holds(leaf, index, all.length, proof, flip(root))).toBe(false);
        expect(holds(leaf, index, all.length, [...proof, leaf])).toBe(false);
        if (proof.length > 0) expect(holds(leaf, index, all.length, proof.slice(1))).toBe(false);
        const other = b % all.length;
        if (other !== index) expect(holds(leaf, other, all.length, proof)).toBe(false);
        const bent = proof.map((step, i) => (i === b % proof.length ? flip(step) : step));
        if (proof.length > 0) expect(holds(leaf, index, all.length, bent)).toBe(false);
      }),
    );
  });
  it("show every prefix, and no other tree as one", () => {
    fc.assert(
      fc.property(manyLeaves, fc.nat(), fc.nat(), (all, a, b) => {
        const size = 1 + (a % all.length);
        const earlier = { size, root: rootOf(all.slice(0, size)) };
        const later = { size: all.length, root: rootOf(all) };
        const proof = consistencyProof(all, size) ?? [];
        expect(verifyConsistency(earlier, later, proof)).toBe(true);
        expect(verifyConsistency({ size, root: flip(earlier.root) }, later, proof)).toBe(false);
        expect(verifyConsistency(earlier, { size: later.size, root: flip(later.root) }, proof)).toBe(false);
        expect(verifyConsistency(earlier, later, [...proof, later.root])).toBe(false);
        if (proof.length > 0) {
          expect(verifyConsistency(earlier, later, proof.slice(0, -1))).toBe(false);
          const bent = proof.map((step, i) => (i === b % proof.length ? flip(step) : step));
          expect(verifyConsistency(earlier, later, bent)).toBe(false);
        }
      }),
    );
  });
  it.each([
    ["a negative index", -1],
    ["an index past the end", 8],
    ["half an index", 0.5],
  ])("do not exist for %s", (_kind, index) => {
    expect(inclusionProof(leaves, index)).toBeNull();
    expect(verifyInclusion(leaves[0] ?? sha256(""), index, 8, [], rootOf(leaves))).toBe(false);
  });
  it.each([
    ["an empty tree", 0],
    ["a longer tree", 9],
    ["half a leaf", 1.5],
  ])("of consistency do not exist for %s", (_kind, size) => {
    expect(consistencyProof(leaves, size)).toBeNull();
    expect(verifyConsistency({ size, root: sha256("") }, { size: 8, root: rootOf(leaves) }, [])).toBe(false);
  });
  it("refuse an empty proof where one is needed", () => {
    expect(
      verifyConsistency({ size: 3, root: rootOf(leaves.slice(0, 3)) }, { size: 8, root: rootOf(leaves) }, []),
    ).toBe(false);
  });
});

describe("hashing a leaf", () => {
  it("is the same for text and bytes of any length, also where they do not fit the memory that is kept for it", () => {
    for (const length of [0, 1, 10_000, 10_922, 10_923, 32_767, 32_768, 40_000]) {
      const text = "ü".repeat(length);
      const expected = sha256(Buffer.concat([Buffer.of(0), Buffer.from(text)]));
      expect(leafHash(text)).toEqual(expected);
      expect(leafHash(Buffer.from(text))).toEqual(expected);
    }
  });

  it("of a perfect subtree at once is the same as of its leaves one by one", () => {
    const all = Array.from({ length: 29 }, (_unused, at) => leafHash(String(at)));
    const tree = treeOf(all.slice(0, 16));
    tree.appendSubtree(rootOf(all.slice(16, 24)), 8);
    tree.appendSubtree(rootOf(all.slice(24, 28)), 4);
    tree.append(all[28] ?? sha256(""));
    expect(tree.root()).toEqual(rootOf(all));
    expect(createFrontier(tree.state()).root()).toEqual(rootOf(all));
  });
});

describe("unplug the prefixes of leaves and nodes", () => {
  /** One record whose bytes are the hashes of two others. */
  const forge = (leaf: (text: string | Uint8Array) => Uint8Array): Uint8Array =>
    Buffer.concat([leaf("pay 5"), leaf("pay 6")]);

  it("lets one forged record stand for two under the same root", () => {
    const weakNode = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(Buffer.concat([left, right]));
    expect(sha256(forge(sha256))).toEqual(weakNode(sha256("pay 5"), sha256("pay 6")));
    expect(leafHash(forge(leafHash))).not.toEqual(nodeHash(leafHash("pay 5"), leafHash("pay 6")));
  });
});
