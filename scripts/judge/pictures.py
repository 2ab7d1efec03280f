"""Contact sheets: RGB images of any size and depth, put side by side with their names."""
import cv2
import numpy as np


def as_bytes(image):
    return image if image.dtype == np.uint8 else np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)


def fit(image, width, height):
    """Shrunk or grown into width x height, on black."""
    scale = min(width / image.shape[1], height / image.shape[0])
    size = max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1)
    small = cv2.resize(as_bytes(image), size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST)
    canvas = np.zeros((height, width, 3), np.uint8)
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    canvas[top:top + size[1], left:left + size[0]] = small
    return canvas


def label(image, text):
    for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(image, text, (4, 13), cv2.FONT_HERSHEY_SIMPLEX, .4, colour, thickness, cv2.LINE_AA)
    return image


def strip(images, names, width, height):
    """Images beside each other, each with its name."""
    return np.hstack([label(fit(image, width, height), name) for image, name in zip(images, names)])


def stack(images, columns=1):
    """Pictures in rows of `columns`, the rest filled up with black."""
    width, height = max(i.shape[1] for i in images), max(i.shape[0] for i in images)
    cells = []
    for image in images:
        cell = np.zeros((height if columns > 1 else image.shape[0], width, 3), np.uint8)
        cell[:image.shape[0], :image.shape[1]] = image
        cells.append(cell)
    cells += [np.zeros_like(cells[-1])] * (-len(cells) % columns)
    return np.vstack([np.hstack(cells[i:i + columns]) for i in range(0, len(cells), columns)])


def crop(image, centre, width, height):
    """width x height round (row, column), moved to lie inside."""
    top = int(np.clip(centre[0] - height // 2, 0, max(image.shape[0] - height, 0)))
    left = int(np.clip(centre[1] - width // 2, 0, max(image.shape[1] - width, 0)))
    return image[top:top + height, left:left + width]
