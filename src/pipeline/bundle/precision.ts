/** In what the weights of the items network are kept: 32 bits, or 16. Either way a CPU computes with 32. */
export const precisions = ['fp32', 'fp16'] as const;
export type Precision = (typeof precisions)[number];
