import { revealed } from "./reveal.ts";

/** Up to five words in between; the text holds single blanks only, so each word is read once. */
const GAP = "(?: [^ ]{1,24}){0,5}? ";

/** What people and published collections of attacks write to take a model over; each needs a verb and its object, so that talk about instructions is none. */
const PHRASES: readonly RegExp[] = [
  `\\b(?:ignore|disregard|forget|override|bypass|drop|skip)(?: (?:all|any|every|the|your|my|these|those|previous|prior|above|following|subsequent|earlier|preceding|former|initial|original|existing|current|system|other|of|and|safety)){1,6} (?:[a-z]{0,3}nstructions?|prompts?|rules?|guidelines?|directions?|filters?|directives?|commands?|orders?|messages?|requests?|constraints?|context)\\b`,
  `\\b(?:ignore|disregard) (?:the|your) (?:user|owner|human|operator)\\b`,
  `\\b(?:important|urgent|new|updated|secret|hidden|additional|real|actual|system) (?:new |system |secret |updated )?instructions?(?: (?:for|to) (?:the |you|your |an? |any )?(?:ai|assistant|model|llm|agent|bot)?)? ?[:*!]`,
  `\\b(?:instructions?|message|note|notice|order|command) (?:for|to) (?:the |an? |any |all |our )?(?:ai|llm|language model|assistant|chatbot|ai assistant|ai agent)s?\\b ?[:,!-]`,
  `\\bthis is an important message from (?:me|your|the)\\b`,
  `\\bbefore you can (?:solve|complete|finish|do|continue with)${GAP}(?:task|request|user|query)`,
  `\\byou are (?:now|no longer)(?: (?:an?|the|in|my|called|acting|operating|bound|going|to|be|as|free|from|by)){0,5} (?:dan|developer mode|jailbroken|unrestricted|admin|root|assistant|ai|evil|god mode|different|rules?|restricted|hacker)\\b`,
  `\\b(?:enter|enable|activate|switch to) (?:developer|dan|god|jailbreak|admin|unrestricted|debug) mode\\b`,
  `\\b(?:reveal|print|show|repeat|output|display|tell me|give me|leak|dump|provide)${GAP}(?:system prompt|hidden prompt|initial prompt|your instructions|your prompt|text of the prompt)\\b`,
  `\\b(?:do not|don't|dont|never|without) (?:tell|telling|inform|informing|notify|notifying|alert|alerting|mention|mentioning|warn|warning|ask|asking|show|showing)(?: (?:this|it|anything|that|about|to|for)){0,3}(?: (?:the|your|any))? (?:user|owner|human|person|operator|permission|confirmation|approval)\\b`,
  `(?:\\(|\\[|<|(?<![-=])[-=]{3,40} ?)(?:end|beginning|start) of (?:the )?(?:user|system|assistant|tool)(?:'s)? (?:message|prompt|input|output|instructions?)`,
  `\\byou (?:do not|don't) (?:have|need) to ask (?:for|the user|the owner|your)`,
  `\\b(?:as|since) an? (?:ai|ai assistant|language model|assistant|ai agent)(?: reading this| processing this)?,? (?:you must|you should|you have to|you need to|please)\\b`,
  `\\b(?:ai|assistant|agent|llm|chatbot|model)s? (?:reading|processing|parsing|summari[sz]ing) this(?: [a-z]{1,12})? (?:must|should|has to|have to|shall|will|please)\\b`,
  `\\b(?:sorry,? )?(?:another|one more) thing,? ignore my\\b`,
  `<<sys>>|\\[/?inst\\]|<\\|(?:im_start|im_end|system|assistant|user|endoftext|eot_id|start_header_id)\\|>|<\\/?(?:system|information|important|instructions)>(?! ?<)`,
  `["']role["'] ?: ?["'](?:system|developer)["']`,
  `(?:^|[ >])#{1,4} ?\\(?(?:system(?:[_ ](?:message|prompt|note))?\\)?|new instructions?|instructions? override|assistant) ?[:)]?(?<=[:)])`,
  `\\b(?:ignorier(?:e|en|t)?|vergiss|vergesst|missachte|verwirf)(?: (?:sie|bitte|alle|die|deine|ihre|meine|vorherigen|vorigen|bisherigen|obigen|früheren)){1,5} (?:anweisung(?:en)?|instruktion(?:en)?|regeln?|befehle?|vorgaben?|aufforderung(?:en)?)`,
  `\\b(?:ignore[zrs]?|oublie[zrs]?|ne tene?z? (?:pas |plus )?compte)(?: (?:de|des|toutes?|tous|les|tes|vos|mes|ces|précédentes?)){1,5} (?:instructions?|consignes?|règles?|directives?|ordres?)`,
  `\\b(?:ignora|ignore|ignorad|olvida|olvide|olvídate|descarta|haz caso omiso)(?: (?:de|todas?|todos|las|los|tus|sus|mis|estas|anteriores|previas)){1,5} (?:instrucci(?:ón|ones)|reglas?|órdenes|indicaciones)`,
  `\\b(?:ignora|ignore|ignorar|esqueça|esquece|desconsidere)(?: (?:de|todas?|todos|as|os|suas|tuas|minhas|estas|anteriores)){1,5} (?:instruç(?:ão|ões)|regras?|ordens|orientações)`,
  `\\b(?:ignora|ignorate|dimentica|dimenticate|tralascia)(?: (?:di|tutte|tutti|le|gli|i|tue|vostre|mie|queste|precedenti)){1,5} (?:istruzion[ei]|regole?|ordini|indicazioni)`,
  `\\b(?:negeer|vergeet)(?: (?:alle|de|je|uw|mijn|vorige|eerdere|bovenstaande)){1,5} (?:instructies?|regels?|opdrachten)`,
  `\\b(?:zignoruj|ignoruj|pomiń)(?: (?:wszystkie|te|twoje|poprzednie|powyższe|wcześniejsze)){1,4} (?:instrukcje|polecenia|zasady)`,
  `(?:игнорируй(?:те)?|проигнорируй(?:те)?|забудь(?:те)?)(?: (?:все|эти|свои|ваши|предыдущие|прежние|прошлые|вышеуказанные)){1,4} (?:инструкции|указания|правила|команды)`,
  `(?:ігноруй(?:те)?|забудь(?:те)?)(?: (?:усі|всі|ці|свої|попередні)){1,4} (?:інструкції|вказівки|правила)`,
  `(?:önceki|yukarıdaki|tüm)(?: (?:önceki|tüm|bütün|yukarıdaki)){0,3} (?:talimatları|komutları|kuralları)(?: [^ ]{1,12}){0,2} (?:yok say|yoksay|görmezden gel|unut)`,
  `(?:忽略|无视|無視|忘记|忘記|不要理会|不要理會)[^。\\n]{0,12}(?:之前|以前|先前|上面|以上|所有|前面)[^。\\n]{0,10}(?:指令|指示|说明|說明|提示|规则|規則|命令)`,
  `(?:以前|これまで|上記|前|すべて|全て)の[^。\\n]{0,12}(?:指示|命令|指令|ルール|プロンプト)[^。\\n]{0,6}(?:無視|忘れ|破棄)`,
  `(?:이전|위|앞|모든)[^.\\n]{0,10}(?:지시|명령|지침|규칙|프롬프트)[^.\\n]{0,8}(?:무시|잊)`,
  `(?:تجاهل|انس|تجاهلي)(?: [^ ]{1,12}){0,3} (?:التعليمات|الأوامر|القواعد|تعليماتك)`,
  `(?:התעלם|התעלמי|שכח)(?: [^ ]{1,12}){0,3} (?:ההוראות|ההנחיות|הפקודות|הכללים)`,
  `(?:पिछले|पिछली|सभी|उपरोक्त)(?: [^ ]{1,12}){0,3} (?:निर्देशों|निर्देश|आदेशों|नियमों)(?: [^ ]{1,8}){0,2} (?:अनदेखा|नज़रअंदाज़|भूल)`,
].map((source) => new RegExp(source, "giu"));

const onOneLine = (text: string): string => revealed(text).replace(/\s+/g, " ");

/** How many phrases give orders to whoever reads the text as a model: in plain sight, in other letter forms or between invisible characters. */
export const injectionPhrasesIn = (text: string): number => {
  const line = onOneLine(text);
  return PHRASES.reduce((sum, phrase) => sum + (line.match(phrase)?.length ?? 0), 0);
};
