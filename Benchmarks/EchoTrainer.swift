import Bundles
import Foundation

/// A trainer that returns what it was given: what is left of a round is what the lab itself costs.
enum EchoTrainer {
    static let name = "echo"
    static let version = "1"

    /// Of which a node has to allow as many, too.
    static let outputBytesMax = 256 << 20

    static let manifest = """
        name = "\(name)"
        version = "\(version)"
        [program]
        entry = "trainer:Echo"
        python = "3.11"
        [inputs]
        kind = "table"
        [limits]
        output-bytes = \(outputBytesMax)
        """

    static let program = """
        import numpy as np
        import jointlab

        class Echo(jointlab.Trainer):
            def initial(self, job):
                return {"w": np.zeros(3, np.float32)}

            def fit(self, weights, data, job):
                # Every site's is another in every round, or it would be sent once.
                shift = np.float32(job.config.get("shift", 0) and job.seed % 1_000 + 1)
                if shift:
                    weights = {name: values + shift for name, values in weights.items()}
                return jointlab.Fitted(weights, 1, {"loss": 0.5})

            def evaluate(self, weights, data, job):
                return jointlab.Evaluated(1, {"loss": 0.5})
        """

    /// The interpreter that `scripts/setup-python` makes, and the package of this repository.
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
    static let python = root.appending(path: ".python/bin/python3")
    static let package = root.appending(path: "Python/src")

    static func archive() throws -> BundleArchive {
        try BundleArchive([
            .init(path: BundlePath("jointlab.toml"), contents: Array(manifest.utf8)),
            .init(path: BundlePath("trainer.py"), contents: Array(program.utf8)),
        ])
    }
}
