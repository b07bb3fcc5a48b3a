// ONNX Runtime reads this when it is loaded, so this module is imported before it.
process.env['ORT_DISABLE_TELEMETRY'] = '1';
