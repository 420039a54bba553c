import Foundation

/// The bytes of a file.
func contents(of path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path))
}

/// The permission bits of a file.
func mode(of path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
}

/// The names in a folder and below, in order; folders end with a slash.
func names(in folder: URL) throws -> [String] {
    let walk = FileManager.default.enumerator(atPath: folder.path)
    var names: [String] = []
    while let name = walk?.nextObject() as? String {
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(
            atPath: folder.appending(path: name).path, isDirectory: &isFolder)
        names.append(isFolder.boolValue ? "\(name)/" : name)
    }
    return names.sorted()
}
