import Bundles

/// A bundle that could be approved, and does nothing.
enum SampleBundle {
    static func archive(_ name: String = "mean", version: String = "1") throws -> BundleArchive {
        let manifest = """
            name = "\(name)"
            version = "\(version)"
            [program]
            entry = "mean:Mean"
            python = "3.11"
            [inputs]
            """
        return try BundleArchive([
            .init(path: BundlePath("jointlab.toml"), contents: Array(manifest.utf8)),
            .init(path: BundlePath("mean.py"), contents: Array("class Mean: pass\n".utf8)),
        ])
    }
}
