import Bundles

/// A bundle of three files.
enum SampleBundle {
    static let hash = String(repeating: "0123456789abcdef", count: 4)

    static let manifest = """
        name = "credit-numpy"
        version = "1.0.0"
        description = "Logistic regression"

        [program]
        entry = "trainer:CreditTrainer"
        python = "3.11"

        [[requirements]]
        name = "numpy"
        version = "2.4.6"
        sha256 = ["\(hash)"]

        [inputs]
        kind = "table"
        features = ["AGE", "LIMIT_BAL"]
        label = "default"

        [outputs]
        metrics = ["loss"]
        [limits]
        cpu-seconds = 60
        """

    static var files: [String: String] {
        [
            "jointlab.toml": manifest, "trainer.py": "import numpy\n\nclass CreditTrainer: ...\n",
            "models/linear.py": "weights = 3\n",
        ]
    }

    static func archive(_ files: [String: String] = files) throws -> BundleArchive {
        try BundleArchive(
            files.map { .init(path: try BundlePath($0.key), contents: Array($0.value.utf8)) })
    }
}
