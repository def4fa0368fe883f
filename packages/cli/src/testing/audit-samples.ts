import { AuditHead, AuditProof } from "@moltbot/contracts";

/** A real log of five records, signed by a key of the tests: its export, its head, and the head that it had at three records. */
export const EXPORT = [
  '{"record":{"actor":"a","at":"2026-11-22T12:00:00.000Z","commitments":{},"event":"tool:intended","fields":{"n":0},"sequence":0}}',
  '{"record":{"actor":"a","at":"2026-11-22T12:00:00.000Z","commitments":{},"event":"tool:intended","fields":{"n":1},"sequence":1}}',
  '{"record":{"actor":"a","at":"2026-11-22T12:00:00.000Z","commitments":{},"event":"tool:intended","fields":{"n":2},"sequence":2}}',
  '{"record":{"actor":"a","at":"2026-11-22T12:00:00.000Z","commitments":{},"event":"tool:intended","fields":{"n":3},"sequence":3}}',
  '{"record":{"actor":"a","at":"2026-11-22T12:00:00.000Z","commitments":{},"event":"tool:intended","fields":{"n":4},"sequence":4}}',
  '{"head":{"at":"2026-11-22T12:00:00.000Z","publicKey":"_RckOFqgx1tk-3jNYC-h2ZH96_drE8WO1wLqyDXp9hg","root":"e8a2a6908789e8b7e2bb767cf833e7d8c2830665ee227db884277174c5dfd27d","signature":"UzZN9tRyuoSpAbS-FRLf3ZlluzQ9OVDiCiqBF0XhFhUr5hTTx7ykFRWHdA7bh1woxP0VcOTIohK0E4T09oxWAg","size":5}}',
]
  .map((line) => `${line}\n`)
  .join("");
export const HEAD = AuditHead.parse({
  size: 5,
  root: "e8a2a6908789e8b7e2bb767cf833e7d8c2830665ee227db884277174c5dfd27d",
  at: "2026-11-22T12:00:00.000Z",
  publicKey: "_RckOFqgx1tk-3jNYC-h2ZH96_drE8WO1wLqyDXp9hg",
  signature: "UzZN9tRyuoSpAbS-FRLf3ZlluzQ9OVDiCiqBF0XhFhUr5hTTx7ykFRWHdA7bh1woxP0VcOTIohK0E4T09oxWAg",
});
export const KEPT_HEAD = AuditHead.parse({
  size: 3,
  root: "55d43d521cb23e43a6cd96d5d7e0baea3baf7f354fd9c7b00c8e23022b4bf786",
  at: "2026-11-22T12:00:00.000Z",
  publicKey: "_RckOFqgx1tk-3jNYC-h2ZH96_drE8WO1wLqyDXp9hg",
  signature: "jS0LiGayTyHxkw3moyaLtB6CQXvx-ToVUOo2oA1mDHyR-_zYjDFaW4V1gaypFxlmUKF2SzY_Ve_tGuQi0SUhDg",
});

/** That record 1 stands in it, and that the log of three records is its beginning. */
export const INCLUSION = AuditProof.parse({
  kind: "inclusion",
  record: 1,
  leaf: "6890c06a771b5de6225e8aa72520969cb4842eedb3fbf5aed304faec575f6613",
  path: [
    "bc3e612558baaed564c25b723d7c98b579994d20fcb34b5dcad6880ccff0cc38",
    "ad8b732df9e1fe27987312bad9ffb82855ac2b2ae3c332144f5f08715f93abca",
    "b7d7f9c444e3e5146e8623085811e3415b6817652874313210f4fa85cc886022",
  ],
  head: HEAD,
});
export const CONSISTENCY = AuditProof.parse({
  kind: "consistency",
  size: 3,
  root: "55d43d521cb23e43a6cd96d5d7e0baea3baf7f354fd9c7b00c8e23022b4bf786",
  path: [
    "f3ea91bfdbf24849a82d50b9b6fd4fefcf2cc2737e742958272b87cec826508e",
    "843579c153b6944f1d5c7482c6253564e53a2cfb8a655cb0da38401734b52ab8",
    "3405a259a7abdb426ad11b08aa318dc8c70dd494f7e0129fcda323a38ae10248",
    "b7d7f9c444e3e5146e8623085811e3415b6817652874313210f4fa85cc886022",
  ],
  head: HEAD,
});
