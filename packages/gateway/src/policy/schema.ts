/**
 * What an operator's policy may speak of, as a Cedar schema. Strict: a policy that names anything else is not valid. The
 * arguments are tags, because every tool has its own; a text stands as it is, everything else as canonical JSON.
 */
export const POLICY_SCHEMA = `
entity Person;
entity Conversation;
entity Agent;
entity Tool;
entity Arguments tags String;

type Call = {
  effect: String,
  tool: String,
  title: String,
  untrusted: Bool,
  arguments: Arguments,
  hosts: Set<String>,
  paths: Set<String>,
  recipients: Set<String>,
  permissions: Set<String>,
  bytes: Long,
  undo: String,
  hour: Long,
  weekday: Long,
  agentChain: Long,
  agents: Set<Agent>,
  conversation: Conversation,
  person: Person,
};

action read, fetch, write, send, execute, commit appliesTo {
  principal: [Agent],
  resource: [Tool],
  context: Call,
};
`;
