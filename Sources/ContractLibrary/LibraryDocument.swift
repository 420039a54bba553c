package import ContractFiles
package import ContractLanguage
import Contracts
import Encodings

/// A document that ships with the program, with the prose it enforces.
package struct LibraryDocument: Sendable {
    package let name: String
    /// As its authors wrote it.
    package let yaml: String
    /// The text that the parties sign, by language.
    package let prose: [(language: String, text: String)]

    package static let datasetLicence = LibraryDocument(
        "dataset-licence", PackageResources.dataset_licence_yaml,
        en: PackageResources.dataset_licence_en_md, zh: PackageResources.dataset_licence_zh_md)

    /// What a lab is founded on where its founders write nothing of their own.
    package static let constitution = LibraryDocument(
        "constitution", PackageResources.constitution_yaml,
        en: PackageResources.constitution_en_md, zh: PackageResources.constitution_zh_md)

    package static let all: [LibraryDocument] = [
        LibraryDocument(
            "compute-lease", PackageResources.compute_lease_yaml,
            en: PackageResources.compute_lease_en_md, zh: PackageResources.compute_lease_zh_md),
        constitution,
        datasetLicence,
        LibraryDocument(
            "dataspace-negotiation", PackageResources.dataspace_negotiation_yaml,
            en: PackageResources.dataspace_negotiation_en_md,
            zh: PackageResources.dataspace_negotiation_zh_md),
        LibraryDocument(
            "model-use-licence", PackageResources.model_use_licence_yaml,
            en: PackageResources.model_use_licence_en_md,
            zh: PackageResources.model_use_licence_zh_md),
        LibraryDocument(
            "revenue-split-fixed", PackageResources.revenue_split_fixed_yaml,
            en: PackageResources.revenue_split_fixed_en_md,
            zh: PackageResources.revenue_split_fixed_zh_md),
        LibraryDocument(
            "revenue-split-measured", PackageResources.revenue_split_measured_yaml,
            en: PackageResources.revenue_split_measured_en_md,
            zh: PackageResources.revenue_split_measured_zh_md),
        LibraryDocument(
            "review-board", PackageResources.review_board_yaml,
            en: PackageResources.review_board_en_md, zh: PackageResources.review_board_zh_md),
        LibraryDocument(
            "staged-grant", PackageResources.staged_grant_yaml,
            en: PackageResources.staged_grant_en_md, zh: PackageResources.staged_grant_zh_md),
    ]

    package static func named(_ name: String) -> LibraryDocument? {
        all.first { $0.name == name }
    }

    private init(_ name: String, _ yaml: [UInt8], en: [UInt8], zh: [UInt8]) {
        self.name = name
        self.yaml = String(decoding: yaml, as: UTF8.self)
        prose = [
            ("en", String(decoding: en, as: UTF8.self)),
            ("zh", String(decoding: zh, as: UTF8.self)),
        ]
    }

    /// - Throws: `ContractFileError`; a test sees to it that this does not happen.
    package func file() throws(ContractFileError) -> ContractFile {
        try ContractFile(text: yaml, name: "\(name).yaml")
    }

    /// The document as it is published: the prose is named by its digests.
    ///
    /// - Throws: `ContractFileError`; a test sees to it that this does not happen.
    package func published() throws(ContractFileError) -> ContractDocument {
        try (Self.documents[name] ?? read()).get()
    }

    /// Each is read once.
    private static let documents = Dictionary(
        uniqueKeysWithValues: all.map { ($0.name, $0.read()) })

    private func read() -> Result<ContractDocument, ContractFileError> {
        Result { () throws(ContractFileError) in
            try file().published(
                prose: prose.map { ($0.language, BlobDigest(of: Array($0.text.utf8)).text) })
        }
    }
}
