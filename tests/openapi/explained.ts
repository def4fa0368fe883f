/** What was remarked at one answer. */
export interface Finding {
  readonly operation: string;
  readonly class: string;
  readonly label: string;
  readonly says: string;
}

/** Why something that was found is as it should be. */
export interface Explanation {
  readonly operation: RegExp;
  readonly says: RegExp;
  readonly because: string;
}

/** Every remark that is left, with its reason; `docs/security/api-requests.md` tells them to people. */
export const EXPLAINED: readonly Explanation[] = [
  {
    operation: /./,
    says: /allows it: 400 REQUEST_INVALID .*(hidden characters|cannot be seen|is not seen|a letter or a number)/,
    because: "Names hold nothing that is not seen; a JSON Schema has no words for it.",
  },
  {
    operation: /^(people\.invite|(roles|prompts)\.(create|change))$/,
    says: /this word means (somebody|something) else/,
    because: "A name that reads like a role, everyone or an id would be mistaken for it.",
  },
  {
    operation: /^provenance\.remove$/,
    says: /names no source|is one of Moltbot's own tools|is not content from outside/,
    because: "A source begins with a kind that there is; the refusal says how one looks, which a pattern would not.",
  },
  {
    operation: /^backups\.(create|verify)$/,
    says: /not an absolute path/,
    because: "What an absolute path is depends on the machine that the gateway runs on.",
  },
  {
    operation: /^plugins\.(install|change)$/,
    says: /a host is written as it is dialled/,
    because: "Of several spellings of an address one is taken: which that is takes more than a pattern to tell.",
  },
  {
    operation: /^secrets\.set$/,
    says: /at least one exact host|hosts?:|that time has passed/,
    because: "Which hosts are needed depends on the kind of secret, and a time on the clock.",
  },
  {
    operation: /^audit\.proof$/,
    says: /give either a record or a size/,
    because: "One of two fields: an address has no words for it.",
  },
  { operation: /^access\.explain$/, says: /name an operation/, because: "One of several fields, likewise." },
  {
    operation: /^roles\.(create|change)$/,
    says: /covers nothing that somebody with the role/,
    because: "Which patterns a role can be narrowed to depends on the role that it is made from.",
  },
  {
    operation: /^shares\.(set|foresee)$/,
    says: /allows it: 400 REQUEST_INVALID .*(a conversation is|only a conversation|name the last message)/,
    because: "With whom and how far something is shared depends on what it is.",
  },
  {
    operation: /^search\.messages$/,
    says: /boolean schema is false/,
    because: "prism reads `items: false` beside `prefixItems` as drafts before 2020-12 did: no items at all.",
  },
  {
    operation: /^openai\.chat$/,
    says: /allows it: 400 REQUEST_NOT_JSON /,
    because:
      "Fields that this surface does not know are let be, as its clients expect; that one never is, wherever it stands.",
  },
  {
    operation: /^openai\./,
    says: /404 application\/problem\+json is not in the document/,
    because: "In capitals it is another path, and no longer one of that surface.",
  },
  {
    operation: /^(approvals|capabilities|policy)\./,
    says: /a plain path that begins with/,
    because: "Steps that lead up, and letters written in another way, take more than a pattern to tell.",
  },
  {
    operation: /^(people|teams|roles|prompts)\.change$/,
    says: /400 REQUEST_INVALID .*give /,
    because: "At least one field besides the one in the path.",
  },
  {
    operation: /^events\.follow$/,
    says: /more than one credential/,
    because: "A ticket stands in the place of the credential that this run brings too.",
  },
  {
    operation: /^(events\.follow|vault\.state|document|health|readiness|openai\.models?$)/,
    says: /does not allow it: 200/,
    because: "What is no operation of the registry does not look at the rest of its address.",
  },
  {
    operation: /^openai\.chat$/,
    says: /allows it: 400 REQUEST_INVALID .*(last message is not|is not taken|Correct messages)/,
    because: "The protocol is OpenAI's and wider than what is taken here; what is left out is refused by name.",
  },
  {
    operation: /^(tokens\.create|devices\.pair)$/,
    says: /no point of its curve|is no key/,
    because: "Whether two numbers are a point of a curve no schema tells.",
  },
  {
    operation: /^imports\.take$/,
    says: /names an agent that is not there/,
    because: "What one part of a batch calls another by has to be there.",
  },
  {
    operation: /^(config\.set|plugins\.try|approvals\.|capabilities\.|policy\.)/,
    says: /REQUEST_NOT_JSON/,
    because: "A value may be any JSON; one that would set a prototype is none to us.",
  },
  {
    operation: /^openai\./,
    says: /a method too many: 4\d\d/,
    because: "To clients of that protocol a method that is not there is a path that is not there.",
  },
];

/** What nothing explains. */
export const unexplained = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter(
    (finding) => !EXPLAINED.some(({ operation, says }) => operation.test(finding.operation) && says.test(finding.says)),
  );
