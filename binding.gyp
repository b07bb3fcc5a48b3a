{
  'targets': [
    {
      'target_name': 'cupcheck',
      'sources': [
        'native/addon.cc',
        'native/pixels.cc',
        'native/frame-ring/frame-ring.cc',
        'native/frame-ring/binding.cc',
        'native/jpeg/jpeg.cc',
        'native/jpeg/binding.cc',
        'native/crop-resize/axis.cc',
        'native/crop-resize/check-crops.cc',
        'native/crop-resize/crop-resize.cc',
        'native/crop-resize/output-rows.cc',
        'native/crop-resize/path-scalar.cc',
        'native/crop-resize/paths.cc',
        'native/crop-resize/rotated.cc',
        'native/crop-resize/to-grey.cc',
        'native/crop-resize/upright.cc',
        'native/crop-resize/binding.cc',
        'native/quality/light.cc',
        'native/quality/thumb.cc',
        'native/quality/difference.cc',
        'native/quality/binding.cc',
        'native/rim/rays.cc',
        'native/rim/fit-ellipse.cc',
        'native/rim/rings.cc',
        'native/rim/rim.cc',
        'native/rim/rims.cc',
        'native/rim/binding.cc',
      ],
      'include_dirs': ['<!(node -p "require(\'node-addon-api\').include_dir")'],
      'defines': ['NAPI_VERSION=8', 'NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS'],
      'cflags': ['<!@(pkg-config --cflags libturbojpeg)', '-Wall', '-Wextra', '-Werror', '-fvisibility=hidden'],
      'cflags_cc': ['-std=c++17'],
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++20'],
      'libraries': ['<!@(pkg-config --libs libturbojpeg)'],
      'conditions': [
        ['target_arch=="x64"', { 'dependencies': ['crop-path-avx2'] }],
        ['target_arch=="arm64"', { 'sources': ['native/crop-resize/path-neon.cc'] }],
      ],
    },
  ],
  'conditions': [
    [
      'target_arch=="x64"',
      {
        'targets': [
          {
            # Its own target, because the flags may reach no other file: the rest must run on any x86-64.
            'target_name': 'crop-path-avx2',
            'type': 'static_library',
            'sources': ['native/crop-resize/path-avx2.cc'],
            'cflags': ['-Wall', '-Wextra', '-Werror', '-fvisibility=hidden', '-fPIC', '-mavx2', '-mfma', '-mf16c'],
            'cflags_cc': ['-std=c++17'],
            'cflags_cc!': ['-std=gnu++17', '-std=gnu++20'],
          },
        ],
      },
    ],
  ],
}
