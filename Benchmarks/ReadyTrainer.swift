import Bundles
import Foundation

/// A trainer that has trained already: what is measured is the way in and the way out, and what the lab
/// itself costs.
enum ReadyTrainer {
    static let name = "ready"
    static let version = "1"

    /// Of which a node has to allow as many, too.
    static let outputBytesMax = 256 << 20

    static let manifest = """
        name = "\(name)"
        version = "\(version)"
        [program]
        entry = "trainer:Ready"
        python = "3.11"
        [inputs]
        kind = "table"
        [limits]
        output-bytes = \(outputBytesMax)
        """

    static let program = """
        import numpy as np
        import jointlab

        def shapes(weights):
            return {name: values.shape for name, values in weights.items()}


        class Ready(jointlab.Trainer):
            trained = {}

            def initial(self, job):
                return {"w": np.zeros(3, np.float32)}

            def fit(self, weights, data, job):
                if shapes(self.trained) != shapes(weights):
                    self.trained = {name: values + np.float32(0.5) for name, values in weights.items()}
                # Every site's is another in every round, or it would be sent once.
                for values in self.trained.values():
                    values.flat[0] = job.seed % 1_000_003
                return jointlab.Fitted(self.trained, 1, {"loss": 0.5})

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
