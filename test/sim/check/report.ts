/** Tells that a rule is broken. The first report ends the run; nothing is thrown, since product code is on the stack. */
export type Report = (rule: string, text: string) => void;

/** In place of a rule: what is not promised has come, and from here on nothing can be judged. It ends the run in peace. */
export const NOT_JUDGED = 'not judged';
