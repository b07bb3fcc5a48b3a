/** Every judge, in the order in which they are told of. */
export const judgeNames = [
  'vote',
  'softmax-sum',
  'log-softmax-sum',
  'scene',
  'grid',
  'metric',
  'metric-mean',
  'cgd',
  'set',
  'multi-label',
  'boosted',
  'specialist',
  'combined',
] as const;
export type JudgeName = (typeof judgeNames)[number];

export const isJudgeName = (name: string): name is JudgeName => (judgeNames as readonly string[]).includes(name);
