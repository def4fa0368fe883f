/**
 * The quarantined reader: a call of the model without tools that answers one question from texts alone, in one of few forms.
 * Its answer never enters a view as words. The turn loop and its plans call it.
 */
export { answerQuestion } from "./answer-question.ts";
export { answeredIn, labelsOfAnswers, labelsOfLeaf, labelsOfName } from "./answers-in-view.ts";
export type { Answered } from "./answers-in-view.ts";
export { askReader } from "./ask-reader.ts";
export { gather } from "./gather.ts";
export { READER_MODEL_TOOL } from "./reader-tool.ts";
