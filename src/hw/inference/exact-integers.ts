/**
 * Session options of ONNX Runtime. An x86 processor without VNNI adds two products of 8 bits in 16, which overflows and says nothing;
 * with this it takes a slower way that is right. Other processors, and networks without integers, take no notice.
 */
export const exactIntegers = { session: { x64quantprecision: '1' } } as const;
