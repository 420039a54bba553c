package import Bundles
package import DataSources

/// What the owner of a node says of trainers that others bring.
package struct TrainerSettings: Hashable, Sendable {
    /// The interpreter that bundles run on; without one, none runs.
    package var python: String?
    /// The folder that holds the Python package `jointlab`, where the interpreter does not have it.
    package var package: String?
    /// No call gets more, whatever a bundle asks for.
    package var limitsMax: TrainerLimits
    /// Where bubblewrap is looked for, as in the environment's `PATH`.
    package var path: String

    package init(
        python: String? = nil, package: String? = nil, limitsMax: TrainerLimits = TrainerLimits(),
        path: String = "/usr/bin:/bin"
    ) {
        self.python = python
        self.package = package
        self.limitsMax = limitsMax
        self.path = path
    }

    /// Parquet files are read as bundles run: on the same interpreter, within the same limits.
    package var parquet: ParquetReader {
        ParquetReader(python: python, path: path, limits: limitsMax)
    }
}
