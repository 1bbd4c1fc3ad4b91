/** Tells that a rule is broken. The first report ends the run; nothing is thrown, since product code is on the stack. */
export type Report = (rule: string, text: string) => void;
