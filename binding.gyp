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
        'native/crop-resize/crop-resize.cc',
        'native/crop-resize/binding.cc',
      ],
      'include_dirs': ['<!(node -p "require(\'node-addon-api\').include_dir")'],
      'defines': ['NAPI_VERSION=8', 'NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS'],
      'cflags': ['<!@(pkg-config --cflags libturbojpeg)', '-Wall', '-Wextra', '-Werror', '-fvisibility=hidden'],
      'cflags_cc': ['-std=c++17'],
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++20'],
      'libraries': ['<!@(pkg-config --libs libturbojpeg)'],
    },
  ],
}
